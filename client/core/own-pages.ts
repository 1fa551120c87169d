/** Pages of this hospital that people in a room show each other. */
import type { App } from './app';
import { pageOf } from './router';

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
  return name === 'unknown' || name === 'room' ? undefined : url.pathname.replace(/(?<=.)\/+$/, '');
}

/** What kind of page a path leads to, and what is said of it; nothing that its address alone does not say. */
export function pageWords({ path, title }: { readonly path: string; readonly title: string }, t: App['t']): string {
  const kind = t(`page.kind.${pageOf(path).name}`);
  return title === '' ? kind : `${kind} · ${title}`;
}
