/** Binary values of a data set (PS3.18 annex F.2.6): within the JSON, or at an address of their own. */
import type { Attribute } from './json';
import { MultipartReader, boundaryOf } from './multipart';

/** Where bytes are; can be handed to a worker. */
export type BytesSource =
  | { readonly at: 'here'; readonly base64: string }
  | { readonly at: 'words'; readonly words: readonly number[] }
  | { readonly at: 'server'; readonly path: string };

const OCTETS = 'multipart/related; type="application/octet-stream"';

/** Where the bytes of an attribute are; `undefined` where it has none. Words are 16 bits, little endian. */
export function sourceOf(attribute: Attribute | undefined): BytesSource | undefined {
  if (attribute?.InlineBinary !== undefined) return { at: 'here', base64: attribute.InlineBinary };
  if (attribute?.BulkDataURI !== undefined) {
    // Only this server is asked, whatever host the address names.
    const { pathname, search } = new URL(attribute.BulkDataURI, 'http://localhost');
    return { at: 'server', path: `${pathname}${search}` };
  }
  const words = attribute?.Value?.filter((value): value is number => typeof value === 'number');
  return words && words.length > 0 ? { at: 'words', words } : undefined;
}

export async function bytesOf(source: BytesSource, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  if (source.at === 'words') return new Uint8Array(Uint16Array.from(source.words).buffer);
  if (source.at === 'here') return Uint8Array.from(atob(source.base64), (letter) => letter.charCodeAt(0));
  const response = await fetch(source.path, { headers: { accept: OCTETS }, credentials: 'same-origin', ...(signal ? { signal } : {}) });
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  const body = new Uint8Array(await response.arrayBuffer());
  const boundary = boundaryOf(response.headers.get('content-type'));
  const bytes = boundary === undefined ? body : new MultipartReader(boundary).push(body)[0]?.bytes;
  if (!bytes) throw new Error('the answer holds no bytes');
  return bytes;
}
