/** Pages of this hospital that people in a room show each other. */
import { pageOf } from './router';

/** How an address is shared: as words for those who read along, which a page like this one knows again. */
const MARK = '⧉ ';

/** The path of a page of this hospital; undefined for everything else, other hospitals' and other rooms' pages too. */
export function ownPath(typed: string, origin: string): string | undefined {
  let url: URL;
  try {
    url = new URL(typed.trim(), origin);
  } catch {
    return undefined;
  }
  if (url.origin !== origin || url.username !== '' || typed.trim() === '') return undefined;
  const { name } = pageOf(url.pathname);
  // A room within a room would take the other one's seat and microphone.
  return name === 'unknown' || name === 'room' ? undefined : url.pathname;
}

/** The page that words for those who read along share, if they share one. */
export function sharedPath(text: string, origin: string): string | undefined {
  return text.startsWith(MARK) ? ownPath(text.slice(MARK.length), origin) : undefined;
}

export function asShared(path: string): string {
  return MARK + path;
}
