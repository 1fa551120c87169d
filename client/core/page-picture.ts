/**
 * A picture of a page of this client, for where no page can be shown: on a board in the room, in a headset. The page
 * is opened unseen by the session of whoever looks, so that it shows what they may see, and drawn once it is quiet.
 */

/** A page counts as there when nothing in it has changed for so long, or when it has had its time. */
const QUIET_ms = 1_200;
const LONGEST_ms = 15_000;
/** What a page shows for as long as it waits for an answer. */
const WAITING = '.skeleton, [aria-busy="true"]';
/** Pictures are no longer than this: a graphics card takes no more. */
const LONGEST_PX = 4_096;

export interface PagePicture {
  readonly picture: HTMLCanvasElement;
  readonly height: number;
  /** How far down the part begins that its address names; else nothing. */
  readonly down: number;
}

/**
 * Opens a page unseen and draws it; fails where it does not come, or where this browser draws no page. Of a page that
 * is too long, what stands above the part that its address names is left out first.
 */
export async function pictureOf(path: string, width: number, signal: AbortSignal): Promise<PagePicture> {
  const frame = document.createElement('iframe');
  frame.className = 'page-unseen';
  frame.tabIndex = -1;
  frame.setAttribute('aria-hidden', 'true');
  frame.style.width = `${width}px`;
  // A page that is asked for a part takes the keyboard there, and what is unseen must not.
  const [address = '', part = ''] = path.split('#');
  frame.src = address;
  document.body.append(frame);
  try {
    await loaded(frame, signal);
    const page = frame.contentDocument;
    if (!page) throw new Error('the page cannot be read');
    await quiet(page, signal);
    const whole = Math.max(page.documentElement.scrollHeight, page.body.scrollHeight);
    const height = Math.min(LONGEST_PX, whole);
    const at = placeOf(page, part);
    const from = Math.max(0, Math.min(at, whole - height));
    return { picture: await drawn(await asSvg(page, width, { from, height }), width, height), height, down: at - from };
  } finally {
    frame.remove();
  }
}

function loaded(frame: HTMLIFrameElement, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    frame.addEventListener('load', () => resolve(), { once: true, signal });
    signal.addEventListener('abort', () => reject(new Error('nobody looks any more')), { once: true });
  });
}

function quiet(page: Document, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let waits: ReturnType<typeof setTimeout>;
    const longest = setTimeout(() => done(), LONGEST_ms);
    const watch = new MutationObserver(() => again());
    const done = (): void => {
      clearTimeout(waits);
      clearTimeout(longest);
      watch.disconnect();
      if (signal.aborted) reject(new Error('nobody looks any more'));
      else resolve();
    };
    const again = (): void => {
      clearTimeout(waits);
      // What waits for an answer is quiet too.
      waits = setTimeout(() => (page.querySelector(WAITING) ? again() : done()), QUIET_ms);
    };
    watch.observe(page, { subtree: true, childList: true, characterData: true, attributes: true });
    signal.addEventListener('abort', done, { once: true });
    again();
  });
}

/** How far down a part of a page begins; nothing where there is none of that name. */
function placeOf(page: Document, part: string): number {
  const found = part === '' ? null : page.getElementById(part);
  return found ? Math.max(0, Math.round(found.getBoundingClientRect().top + (page.defaultView?.scrollY ?? 0))) : 0;
}

/** The page as one picture that needs nothing else: styles, pictures and drawings inside. */
async function asSvg(page: Document, width: number, { from, height }: { readonly from: number; readonly height: number }): Promise<string> {
  const root = page.documentElement.cloneNode(true) as HTMLElement;
  const canvases = [...root.querySelectorAll('canvas')];
  for (const [at, canvas] of [...page.querySelectorAll('canvas')].entries()) {
    const image = page.createElement('img');
    image.className = canvas.className;
    image.src = canvas.toDataURL();
    image.style.cssText = `width: ${canvas.clientWidth}px; height: ${canvas.clientHeight}px`;
    canvases[at]?.replaceWith(image);
  }
  await Promise.all([...root.querySelectorAll('img')].map((image) => inlined(image, page.baseURI)));
  // What is typed or chosen is no part of the markup.
  const fields = [...root.querySelectorAll('input')];
  for (const [at, { value, checked }] of [...page.querySelectorAll('input')].entries()) {
    fields[at]?.setAttribute('value', value);
    fields[at]?.toggleAttribute('checked', checked);
  }
  for (const gone of root.querySelectorAll('script, style, link, iframe, video, audio')) gone.remove();
  const style = page.createElement('style');
  style.textContent = stylesOf(page);
  root.querySelector('head')?.append(style);
  const html = new XMLSerializer().serializeToString(root);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><foreignObject y="${-from}" width="100%" height="${from + height}">${html}</foreignObject></svg>`;
}

function stylesOf(page: Document): string {
  return [...page.styleSheets].flatMap((sheet) => [...sheet.cssRules].map(({ cssText }) => cssText)).join('\n');
}

async function inlined(image: HTMLImageElement, base: string): Promise<void> {
  image.removeAttribute('srcset');
  image.removeAttribute('loading');
  const source = image.getAttribute('src') ?? '';
  if (source === '' || source.startsWith('data:')) return;
  try {
    const answer = await fetch(new URL(source, base));
    if (!answer.ok) throw new Error('the picture did not come');
    const reader = new FileReader();
    const read = new Promise((resolve) => reader.addEventListener('loadend', resolve, { once: true }));
    reader.readAsDataURL(await answer.blob());
    await read;
    image.src = String(reader.result);
  } catch {
    image.removeAttribute('src');
  }
}

async function drawn(svg: string, width: number, height: number): Promise<HTMLCanvasElement> {
  const image = new Image(width, height);
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext('2d');
  if (!context) throw new Error('this browser draws nothing');
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, width, height);
  context.drawImage(image, 0, 0, width, height);
  // A browser that takes a drawn page for somebody else's says so here.
  context.getImageData(0, 0, 1, 1);
  return canvas;
}
