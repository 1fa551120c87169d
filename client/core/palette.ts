/** The colours that people in rooms are told apart by (Okabe and Ito); crate `room` has the same, and judges who wears which. */
export const PALETTE = ['#e69f00', '#56b4e9', '#009e73', '#f0e442', '#d55e00', '#cc79a7', '#0072b2', '#999999'] as const;

/** Black or white, whichever is read better on a colour (WCAG relative luminance). */
export function inkOn(colour: string): '#000000' | '#ffffff' {
  const linear = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const [r = 0, g = 0, b = 0] = linear;
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) ? '#000000' : '#ffffff';
}
