import { type FileHandle, open, realpath, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Journal, type JournalEntry, JournalQueue } from '../crawl/journal.ts';
import { ConfigurationError, DecodeError } from '../errors/index.ts';
import { lockFile } from './file-lock.ts';

/** The first line of every such file. */
const HEADER = '{"tideway":"frontier","version":1}';
/** What is read, and written, at once, in bytes or characters. */
const CHUNK: number = 1024 * 1024;
/** A file with so many lines for each that counts is written anew when it is opened. */
const WASTE = 2;
/** But not one with fewer lines than that. */
const FEW_LINES = 1_000;
const NEWLINE = 10;

/** A line: what was added, what failed, what is done. */
interface Line {
  readonly add?: string;
  readonly failed?: string;
  readonly done?: string;
  readonly task?: JournalEntry['task'];
  readonly failures?: number;
  readonly retryAt?: number;
}

/**
 * A journal in a file of JSON lines, to which is only added. A line counts once it is whole: what a process that was
 * killed left of its last one is cut off.
 */
export class FileJournal implements Journal {
  readonly #path: string;
  readonly #sync: boolean;
  #file: FileHandle | undefined;
  #unlock: (() => Promise<void>) | undefined;
  readonly #queue: JournalQueue = new JournalQueue((entries) => this.#write(entries));
  /** Why nothing can be written any more until it is opened again: behind half a line nothing may be added. */
  #failure: { readonly error: unknown } | undefined;

  constructor(path: string, sync: boolean) {
    this.#path = path;
    this.#sync = sync;
  }

  async open(tell: (entry: JournalEntry) => void, entries: () => Iterable<JournalEntry>): Promise<void> {
    const file = await open(this.#path, 'a+', 0o600);
    this.#file = file;
    this.#failure = undefined;
    try {
      // A link to the file is the same file.
      const path = await realpath(this.#path);
      this.#unlock = await lockFile(path);
      const lines = await this.#read(file, tell);
      if (lines === 0) await file.appendFile(`${HEADER}\n`);
      if (lines === 0 && this.#sync) await syncFolder(path);
      let counting = 0;
      for (const _ of entries()) counting++;
      if (lines > FEW_LINES && lines > WASTE * counting) await this.#rewrite(path, entries());
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  append(entries: readonly JournalEntry[]): Promise<void> {
    return this.#queue.append(entries);
  }

  async close(): Promise<void> {
    const file = this.#file;
    const unlock = this.#unlock;
    this.#file = this.#unlock = undefined;
    try {
      await file?.close();
    } finally {
      await unlock?.();
    }
  }

  async #write(entries: readonly JournalEntry[]): Promise<void> {
    const file = this.#file;
    if (!file) throw new ConfigurationError('Expected a file that is open, got one that was closed');
    if (this.#failure) throw this.#failure.error;
    try {
      await writeLines(file, entries);
      if (this.#sync) await file.datasync();
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  /** Tells all entries, cuts off half a line at the end, and answers with how many lines there are. */
  async #read(file: FileHandle, tell: (entry: JournalEntry) => void): Promise<number> {
    const chunk = Buffer.allocUnsafe(CHUNK);
    let carry: Buffer[] = [];
    let position = 0;
    let whole = 0;
    let count = 0;
    for (let read = await file.read(chunk, 0, CHUNK, 0); read.bytesRead > 0; ) {
      const bytes = chunk.subarray(0, read.bytesRead);
      let start = 0;
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
        const rest = bytes.subarray(start, end);
        const line = carry.length > 0 ? Buffer.concat([...carry, rest]) : rest;
        carry = [];
        start = end + 1;
        whole = position + start;
        this.#take(line.toString(), ++count, tell);
      }
      // What is another file is not read to its end, which it may not have.
      if (count === 0 && !HEADER.startsWith(bytes.toString('latin1', 0, HEADER.length + 1))) this.#refuse();
      if (start < bytes.length) carry.push(Buffer.from(bytes.subarray(start)));
      position += bytes.length;
      read = await file.read(chunk, 0, CHUNK, position);
    }
    if (whole < position) await file.truncate(whole);
    return count;
  }

  #take(text: string, number: number, tell: (entry: JournalEntry) => void): void {
    if (number === 1) {
      if (text !== HEADER) this.#refuse();
      return;
    }
    const entry = entryOf(text);
    if (!entry) throw new DecodeError(`a task in ${this.#path}`, number, 0);
    tell(entry);
  }

  #refuse(): never {
    throw new ConfigurationError(`Expected a file that a frontier wrote, got ${this.#path}, which has something else`);
  }

  /** Puts a file in the place of the old one that has only what counts. It is whole before it has the name. */
  async #rewrite(path: string, entries: Iterable<JournalEntry>): Promise<void> {
    const file = await open(`${path}.new`, 'w', 0o600);
    await file.appendFile(`${HEADER}\n`);
    await writeLines(file, entries);
    await file.datasync();
    await file.close();
    await rename(`${path}.new`, path);
    if (this.#sync) await syncFolder(path);
    await this.#file?.close();
    this.#file = await open(path, 'a+', 0o600);
  }
}

/** Has the disk know the name of a file, too: what is written later goes to the file that has it. */
async function syncFolder(path: string): Promise<void> {
  // Windows opens no folders.
  const folder = await open(dirname(path)).catch(() => undefined);
  try {
    await folder?.sync();
  } finally {
    await folder?.close();
  }
}

async function writeLines(file: FileHandle, entries: Iterable<JournalEntry>): Promise<void> {
  let text = '';
  for (const entry of entries) {
    text += `${lineOf(entry)}\n`;
    if (text.length < CHUNK) continue;
    await file.appendFile(text);
    text = '';
  }
  if (text !== '') await file.appendFile(text);
}

/** What a line says; undefined of one that says nothing that a frontier wrote. */
function entryOf(text: string): JournalEntry | undefined {
  let line: Line | undefined;
  try {
    line = JSON.parse(text);
  } catch {}
  const { add, done, failed, failures, retryAt = 0, task } = line ?? {};
  const isCount = Number.isSafeInteger(failures) && (failures as number) > 0 && Number.isFinite(retryAt);
  if (failures !== undefined && !isCount) return undefined;
  const failure = failures !== undefined && { failures, retryAt };
  if (typeof add === 'string' && typeof task?.url === 'string' && URL.canParse(task.url)) {
    return { fingerprint: add, task, ...failure };
  }
  if (typeof failed === 'string' && failure) return { fingerprint: failed, ...failure };
  return typeof done === 'string' ? { fingerprint: done } : undefined;
}

function lineOf({ failures, fingerprint, retryAt, task }: JournalEntry): string {
  const line: Line = task
    ? { add: fingerprint, task, ...(failures && { failures, retryAt: retryAt ?? 0 }) }
    : failures === undefined
      ? { done: fingerprint }
      : { failed: fingerprint, failures, retryAt: retryAt ?? 0 };
  return JSON.stringify(line);
}
