/** The hospital's HTTP interface for the client: JSON in and out, problem documents as typed errors. */
import { hearClock } from './hospital-clock';

/** What went wrong, in terms that a page can act on. */
export type ApiErrorKind =
  | 'unreachable'
  | 'signed-out'
  | 'refused'
  | 'not-found'
  | 'conflict'
  | 'too-many'
  | 'invalid'
  | 'failed';

/** A request that did not give its answer. */
export class ApiError extends Error {
  constructor(
    readonly kind: ApiErrorKind,
    readonly status: number,
    /** The sentence that the server gave, free of health data. */
    readonly detail: string,
    readonly requestId: string | undefined,
    /** Seconds to wait before trying again, where the server says so. */
    readonly retryAfter_s: number | undefined,
  ) {
    super(detail || kind);
    this.name = 'ApiError';
  }
}

/** Whether there is nothing, or nothing that one may know of: asking again does not help. */
export const isClosed = ({ kind }: ApiError): boolean => kind === 'refused' || kind === 'not-found';

/** What a caller may ask for besides the path. */
export interface RequestOptions {
  readonly signal?: AbortSignal;
}

export interface Api {
  get<T>(path: string, options?: RequestOptions): Promise<T>;
  post<T>(path: string, body?: unknown, options?: RequestOptions): Promise<T>;
  /** Sends bytes as they are, such as a file; a blob says what it is. */
  postBytes<T>(path: string, body: ArrayBuffer | Blob, options?: RequestOptions): Promise<T>;
  put<T>(path: string, body?: unknown, options?: RequestOptions): Promise<T>;
  patch<T>(path: string, body?: unknown, options?: RequestOptions): Promise<T>;
  delete(path: string, options?: RequestOptions): Promise<void>;
  bytes(path: string, options?: RequestOptions): Promise<Uint8Array<ArrayBuffer>>;
}

const KINDS: Readonly<Record<number, ApiErrorKind>> = {
  400: 'invalid',
  401: 'signed-out',
  403: 'refused',
  404: 'not-found',
  409: 'conflict',
  412: 'conflict',
  422: 'invalid',
  429: 'too-many',
};

/** The refusal that a status stands for, where nothing more is known; 0 where nobody answered. */
export function errorOfStatus(status: number): ApiError {
  return new ApiError(status === 0 ? 'unreachable' : (KINDS[status] ?? 'failed'), status, '', undefined, undefined);
}

/** Reads a refusal: a problem document where there is one, the status where not. */
export async function errorOf(response: Response): Promise<ApiError> {
  const problem: unknown = await response.json().catch(() => undefined);
  const field = (name: string): string | undefined => {
    if (typeof problem !== 'object' || problem === null) return undefined;
    const value: unknown = Reflect.get(problem, name);
    return typeof value === 'string' ? value : undefined;
  };
  const wait = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new ApiError(
    KINDS[response.status] ?? 'failed',
    response.status,
    field('detail') ?? field('title') ?? '',
    field('request_id'),
    Number.isFinite(wait) ? wait : undefined,
  );
}

/** Makes the client; `onSignedOut` is called when a session has ended under it. */
export function createApi(onSignedOut: () => void = () => {}, send: typeof fetch = fetch): Api {
  async function request(method: string, path: string, body: unknown, options?: RequestOptions): Promise<Response> {
    const headers = new Headers({ accept: 'application/json' });
    // No foreign page can send this header without a preflight, which the server refuses.
    if (method !== 'GET') headers.set('x-yuanyi-client', '1');
    const bytes = body instanceof ArrayBuffer || body instanceof Blob;
    if (body !== undefined) headers.set('content-type', !bytes ? 'application/json' : (body instanceof Blob && body.type) || 'application/octet-stream');
    const init: RequestInit = { method, headers, credentials: 'same-origin' };
    if (body !== undefined) init.body = bytes ? body : JSON.stringify(body);
    if (options?.signal) init.signal = options.signal;
    let response: Response;
    const asked_ms = Date.now();
    try {
      response = await send(path, init);
    } catch (error) {
      if (options?.signal?.aborted) throw error;
      throw new ApiError('unreachable', 0, '', undefined, undefined);
    }
    hearClock(response.headers.get('date'), asked_ms, Date.now());
    if (response.ok) return response;
    const refusal = await errorOf(response);
    if (refusal.kind === 'signed-out') onSignedOut();
    throw refusal;
  }

  async function json<T>(method: string, path: string, body: unknown, options?: RequestOptions): Promise<T> {
    const response = await request(method, path, body, options);
    const text = await response.text();
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  return {
    get: (path, options) => json('GET', path, undefined, options),
    post: (path, body, options) => json('POST', path, body, options),
    postBytes: (path, body, options) => json('POST', path, body, options),
    put: (path, body, options) => json('PUT', path, body, options),
    patch: (path, body, options) => json('PATCH', path, body, options),
    delete: async (path, options) => {
      await request('DELETE', path, undefined, options);
    },
    bytes: async (path, options) => {
      const response = await request('GET', path, undefined, options);
      return new Uint8Array(await response.arrayBuffer());
    },
  };
}
