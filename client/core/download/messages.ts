/** What the page and the download's worker say to each other. */
export interface DownloadJob {
  readonly path: string;
  /** The folder inside the archive. */
  readonly folder: string;
}

export type FromDownload =
  | { readonly say: 'progress'; readonly bytes: number }
  | { readonly say: 'done'; readonly zip: Blob }
  | { readonly say: 'failed'; readonly status: number };
