import { words } from './slice-paint';

/** A slice and what it is called. */
export interface Named {
  readonly slice: { picture(side: number): HTMLCanvasElement };
  readonly name: string;
}

const [SIDE, LINE, GAP] = [640, 28, 2];

/** Slices side by side, each below its name, and below all of them where they lie, as a PNG in a data URL. */
export function pictureOf(slices: readonly Named[], where: string): string {
  const sheet = document.createElement('canvas');
  [sheet.width, sheet.height] = [slices.length * (SIDE + GAP) - GAP, SIDE + 2 * LINE];
  const context = sheet.getContext('2d');
  if (!context) return sheet.toDataURL('image/png');
  context.fillStyle = '#05070a';
  context.fillRect(0, 0, sheet.width, sheet.height);
  for (const [i, { slice, name }] of slices.entries()) {
    context.drawImage(slice.picture(SIDE), i * (SIDE + GAP), LINE);
    words(context, name, i * (SIDE + GAP) + LINE / 2, LINE / 2, 'left');
  }
  words(context, where, LINE / 2, sheet.height - LINE / 2, 'left');
  return sheet.toDataURL('image/png');
}
