/** Walks what was dropped or chosen: folders all the way down, as a list of files with their paths. */

/** A file with its path below what was dropped. */
export interface Found {
  readonly path: string;
  readonly file: File;
}

/** As much of the browser's `FileSystemEntry` as is used. */
export interface Entry {
  readonly name: string;
  readonly isFile: boolean;
  readonly isDirectory: boolean;
}
export interface FileEntry extends Entry {
  file(done: (file: File) => void, failed: (error: unknown) => void): void;
}
export interface FolderEntry extends Entry {
  createReader(): { readEntries(done: (entries: Entry[]) => void, failed: (error: unknown) => void): void };
}

/** What could not be read, by its path. */
export interface Walked {
  readonly found: readonly Found[];
  readonly unreadable: readonly string[];
}

/**
 * The entries of a drop. They must be taken while the drop event is handled: afterwards the browser lets go of them.
 */
export function entriesOf(transfer: DataTransfer): readonly Entry[] {
  return [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
}

/** All files below entries. Calls `told` now and then with how many there are so far. */
export async function walk(entries: readonly Entry[], told: (count: number) => void = () => {}): Promise<Walked> {
  const found: Found[] = [];
  const unreadable: string[] = [];
  const waiting = entries.map((entry) => ({ entry, path: entry.name }));
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const { entry, path } = next;
    try {
      if (isFolder(entry)) {
        for (const inner of await listed(entry)) waiting.push({ entry: inner, path: `${path}/${inner.name}` });
      } else if (isFile(entry)) {
        found.push({ path, file: await fileOf(entry) });
        if (found.length % 100 === 0) told(found.length);
      }
    } catch {
      unreadable.push(path);
    }
  }
  told(found.length);
  return { found, unreadable };
}

/** The files of a chooser, with their paths where a folder was chosen. */
export function chosen(files: Iterable<File>): readonly Found[] {
  return [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

const isFolder = (entry: Entry): entry is FolderEntry => entry.isDirectory;
const isFile = (entry: Entry): entry is FileEntry => entry.isFile;

/** A folder gives its entries in portions; an empty one is the end. */
async function listed(folder: FolderEntry): Promise<readonly Entry[]> {
  const reader = folder.createReader();
  const all: Entry[] = [];
  for (;;) {
    const some = await new Promise<Entry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

function fileOf(entry: FileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
