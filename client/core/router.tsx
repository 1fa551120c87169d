/** Addresses: which page is shown, and links that change it without loading the client again. */
import { createSignal } from 'solid-js';
import type { Accessor, JSX } from 'solid-js';

export type Page =
  | { readonly name: 'home' }
  | { readonly name: 'scenario'; readonly id: string; readonly within?: string }
  | { readonly name: 'patient'; readonly id: string }
  | { readonly name: 'recorded'; readonly id: string }
  | { readonly name: 'room'; readonly id: string }
  | { readonly name: 'recordings'; readonly id: string }
  | { readonly name: 'replay'; readonly id: string; readonly within: string }
  | { readonly name: 'quality'; readonly within?: string }
  | { readonly name: 'imaging' }
  | { readonly name: 'devices' }
  | { readonly name: 'licence' }
  | { readonly name: 'called'; readonly id: string }
  | { readonly name: 'security' }
  | { readonly name: 'pseudonyms' }
  | { readonly name: 'sanctions' }
  | { readonly name: 'functions' }
  | { readonly name: 'teaching' }
  | { readonly name: 'teaching-case'; readonly id: string }
  | { readonly name: 'study'; readonly id: string }
  | { readonly name: 'unknown' };

/** The page that a path stands for. */
export function pageOf(path: string): Page {
  const [first, second, ...rest] = path.split('/').filter(Boolean);
  if (first === undefined) return { name: 'home' };
  if (first === 'imaging' && second === undefined) return { name: 'imaging' };
  if (first === 'devices' && second === undefined) return { name: 'devices' };
  if (first === 'licence' && second === undefined) return { name: 'licence' };
  if (first === 'pseudonyms' && second === undefined) return { name: 'pseudonyms' };
  if (first === 'sanctions' && second === undefined) return { name: 'sanctions' };
  if (first === 'security' && second === undefined) return { name: 'security' };
  if (first === 'functions' && second === undefined) return { name: 'functions' };
  if (first === 'quality' && rest.length === 0) {
    return second === undefined ? { name: 'quality' } : { name: 'quality', within: second };
  }
  if (first === 'teaching' && second === undefined) return { name: 'teaching' };
  let id: string;
  try {
    id = decodeURIComponent(second ?? '');
  } catch {
    return { name: 'unknown' };
  }
  // Scenarios have pages of their own below theirs.
  const [within, ...deeper] = rest;
  if (first === 'scenarios' && id !== '' && within !== undefined && deeper.length === 0) {
    return { name: 'scenario', id, within };
  }
  // A room has its recordings below it.
  if (first === 'rooms' && id !== '' && within === 'recordings' && deeper.length < 2) {
    const [recording] = deeper;
    return recording === undefined ? { name: 'recordings', id } : { name: 'replay', id, within: recording };
  }
  if (first === 'patients' && id !== '' && within === 'recordings' && deeper.length === 0) return { name: 'recorded', id };
  if (id === '' || rest.length > 0) return { name: 'unknown' };
  if (first === 'patients') return { name: 'patient', id };
  if (first === 'rooms') return { name: 'room', id };
  if (first === 'imaging') return { name: 'study', id };
  if (first === 'teaching') return { name: 'teaching-case', id };
  if (first === 'called') return { name: 'called', id };
  if (first === 'scenarios') return { name: 'scenario', id };
  return { name: 'unknown' };
}

const inBrowser = typeof window !== 'undefined';
const [address, setAddress] = createSignal(inBrowser ? location.pathname : '/');
const [asked, setAsked] = createSignal<{ readonly part: string }>();

/** The part of the page that was gone to last by `#`, anew each time: a page that shows one part at a time turns to it. */
export const askedPart: Accessor<{ readonly part: string } | undefined> = asked;

/** The page that is shown now. */
export const page = (): Page => pageOf(address());

if (inBrowser) window.addEventListener('popstate', () => setAddress(location.pathname));

/** So long a part of a page that is still being asked for is waited for. */
const PART_ms = 10_000;

/** Brings the part of the page that the address names by `#` into view, as soon as it is there. */
function bringPart(): void {
  const { pathname, hash } = location;
  const name = hash.slice(1);
  const bring = (): boolean => {
    const part = document.getElementById(name);
    if (!part) return location.pathname !== pathname || location.hash !== hash;
    part.scrollIntoView();
    // A listener's reading position follows.
    part.tabIndex = -1;
    part.focus({ preventScroll: true });
    return true;
  };
  if (name === '' || bring()) return;
  const watch = new MutationObserver(() => {
    if (bring()) watch.disconnect();
  });
  watch.observe(document.body, { childList: true, subtree: true });
  setTimeout(() => watch.disconnect(), PART_ms);
}

if (inBrowser) addEventListener('DOMContentLoaded', bringPart, { once: true });

/** Goes to an address of the client, beside the one before or instead of it. */
export function go(path: string, how: 'beside' | 'instead' = 'beside'): void {
  if (how === 'instead') history.replaceState(null, '', path);
  else history.pushState(null, '', path);
  setAddress(location.pathname);
  setAsked({ part: location.hash.slice(1) });
  window.scrollTo(0, 0);
  // A listener's reading position follows, as it would on a loaded page.
  document.getElementById('main')?.focus({ preventScroll: true });
  bringPart();
}

interface LinkProps extends JSX.AnchorHTMLAttributes<HTMLAnchorElement> {
  readonly href: string;
}

/** A link inside the client; keeps new tab, copy and middle click. */
export function Link(props: LinkProps): JSX.Element {
  const follow = (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(props.href);
  };
  return <a {...props} onClick={follow} />;
}
