/** What the page and the upload's worker say to each other. */
import type { UploadProgress } from './session';
import type { Refused } from './stow';
import type { Found } from './walk';

export type ToWorker =
  | { readonly say: 'start'; readonly files: readonly Found[] }
  | { readonly say: 'pause' | 'resume' | 'cancel' };

export type FromWorker =
  | { readonly say: 'progress'; readonly progress: UploadProgress; readonly rate: number | undefined }
  | { readonly say: 'refused'; readonly refused: readonly Refused[] }
  | { readonly say: 'broken' };
