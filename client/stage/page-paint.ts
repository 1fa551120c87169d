/** A page's card is so wide and so high, in pixels of its picture and in metres of the room at scale 1. */
export const CARD = { width: 1200, height: 900, width_m: 1.2, height_m: 0.9 } as const;
const FONT = "system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif";
const HEAD = 108;
const FOOT = 56;
/** So much of a page is seen at once, in pixels of its picture. */
export const SHOWN = CARD.height - HEAD - FOOT;

/** What is to be read on it. */
export interface PageCard {
  /** What kind of page it is, and what is said of it. */
  readonly title: string;
  /** Who put it there. */
  readonly by: string;
  /** Its address. */
  readonly path: string;
  /** What can be done with it, or why nothing of it is seen. */
  readonly hint: string;
  /** The page as whoever looks at it sees it. */
  readonly picture?: CanvasImageSource;
  /** How far down the page one looks, in pixels of its picture. */
  readonly down: number;
}

/** Paints a card: what page it is and whose, and the page itself where there is a picture of it. */
export function paintCard(context: CanvasRenderingContext2D, { title, by, path, hint, picture, down }: PageCard): void {
  const { width, height } = CARD;
  context.fillStyle = '#f4f8f9';
  context.fillRect(0, 0, width, height);
  if (picture) {
    context.save();
    context.beginPath();
    context.rect(0, HEAD, width, SHOWN);
    context.clip();
    context.drawImage(picture, 0, HEAD - down);
    context.restore();
  }
  context.fillStyle = '#14323b';
  context.fillRect(0, 0, width, HEAD);
  context.textBaseline = 'middle';
  words(context, title, 30, 38, { weight: 700, size: 40, colour: '#f2fafb', width: width - 60 });
  words(context, by, 30, 82, { weight: 500, size: 26, colour: '#a9d3da', width: width - 60 });
  if (!picture) {
    words(context, title, 60, height / 2 - 60, { weight: 700, size: 56, colour: '#14323b', width: width - 120 });
    words(context, path, 60, height / 2 + 20, { weight: 500, size: 36, colour: '#41626b', width: width - 120 });
  }
  context.fillStyle = '#d9e6e9';
  context.fillRect(0, height - FOOT, width, FOOT);
  words(context, hint, 30, height - FOOT / 2, { weight: 500, size: 28, colour: '#14323b', width: width - 60 });
  context.strokeStyle = '#5d7680';
  context.lineWidth = 6;
  context.strokeRect(3, 3, width - 6, height - 6);
}

function words(context: CanvasRenderingContext2D, text: string, x: number, y: number, { weight, size, colour, width }: { weight: number; size: number; colour: string; width: number }): void {
  context.fillStyle = colour;
  context.font = `${weight} ${size}px ${FONT}`;
  context.fillText(text, x, y, width);
}
