/** Rows as CSV (RFC 4180), as spreadsheets open it. Pure. */

/** Tells spreadsheets that it is UTF-8. */
const MARK = '\uFEFF';

/** A cell: quoted where it must be, and never taken for a formula. */
function cellOf(text: string): string {
  const plain = /^[=+\-@\t\r\n＝＋－＠]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

export function csvOf(rows: readonly (readonly string[])[]): string {
  return MARK + rows.map((row) => `${row.map(cellOf).join(',')}\r\n`).join('');
}
