/** Pages of this hospital that people in a room show each other. */
import type { App } from './app';
import { patientPath } from './hospital';
import { pageOf } from './router';

/** The longest address of a page, as the room has it. */
const LONGEST = 200;
/** A path, with names and values behind it and the name of a part, in the signs that the room takes. */
const ADDRESS = /^\/[\w\-.~%:@+,=/]*(?:\?[\w\-.~%+,*][\w\-.~%+,*=]*(?:&[\w\-.~%+,*][\w\-.~%+,*=]*)*)?(?:#[\w\-.]+)?$/;
/** Escapes that are not whole, and such of letters, digits, dots, slashes and what nobody sees: the room takes none of them. */
const DISGUISE = /%(?![\da-f]{2})|%(?:[01][\da-f]|2[ef]|3\d|[46][1-9a-f]|5[\dac]|7[\daf])/i;

/**
 * The address of a page of this hospital: its path, with a query and a part where it has them. Undefined for everything
 * else, other hospitals' and other rooms' pages too, and for what the room would not take.
 */
export function ownPath(typed: string, origin: string): string | undefined {
  let url: URL;
  try {
    url = new URL(typed.trim(), origin);
  } catch {
    return undefined;
  }
  if (url.origin !== origin || url.username !== '' || typed.trim() === '' || /\p{Cc}/u.test(typed.trim())) return undefined;
  const { name } = pageOf(url.pathname);
  // A room within a room would take the other one's seat and microphone.
  if (name === 'unknown' || name === 'room') return undefined;
  const address = `${url.pathname.replace(/(?<=.)\/+$/, '')}${url.search}${url.hash}`;
  return isTaken(address, url.search) ? address : undefined;
}

/** Whether the room takes an address: it judges the same, and nobody is to be refused what was opened for them. */
function isTaken(address: string, query: string): boolean {
  return address.length <= LONGEST && ADDRESS.test(address) && !address.includes('//') && !DISGUISE.test(address) && !/%3a/i.test(query);
}

/** A page that a room offers by its name. */
export interface PageChoice {
  readonly path: string;
  readonly words: string;
}

/** The pages that a room offers, on the screen and in a headset: first the patient whom it is about. */
export function pageChoices(patient: string | null, t: App['t']): readonly PageChoice[] {
  return [
    ...(patient === null ? [] : [{ path: patientPath(patient), words: t('page.patient') }]),
    { path: '/imaging', words: t('page.imaging') },
    { path: '/teaching', words: t('page.teaching') },
    { path: '/devices', words: t('page.devices') },
    { path: '/', words: t('page.home') },
  ];
}

/** What kind of page a path leads to, and what is said of it; nothing that its address alone does not say. */
export function pageWords({ path, title }: { readonly path: string; readonly title: string }, t: App['t']): string {
  const [page = ''] = path.split(/[?#]/, 1);
  const kind = t(`page.kind.${pageOf(page).name}`);
  return title === '' ? kind : `${kind} · ${title}`;
}
