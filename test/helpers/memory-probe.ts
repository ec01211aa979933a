/**
 * Reads a job in a process of its own, and tells how much memory that took:
 * `node --expose-gc memory-probe.ts <url> <parallel>`.
 */
import { Connection, Items } from '../../src/index.ts';

/** What the process tells on its standard output, as JSON. */
export interface MemoryReport {
  readonly records: number;
  /** The name of the error that ended the read. */
  readonly error: string | undefined;
  /** The most that the process took above what it had before, in bytes; garbage is a part of that. */
  readonly peak: number;
  /** The most that was in use when the garbage was collected, every now and then, in bytes. */
  readonly live: number;
}

// Nobody waits longer for it: whoever started it may be gone.
setTimeout(() => process.exit(1), 30_000).unref();

const [url = '', parallel = '1'] = process.argv.slice(2);
const connection = new Connection({ auth: 'key', endpoint: url, retry: false });
const rss = (): number => process.memoryUsage.rss();
function inUse(): number {
  globalThis.gc?.();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

// What the first request loads and compiles is none of what is measured.
await new Items(connection, '9/9/9').list();
const atFirst = inUse();
const before = rss();
let live = atFirst;
let peak = before;
const timer = setInterval(() => {
  peak = Math.max(peak, rss());
}, 5);

let records = 0;
let error: string | undefined;
try {
  for await (const batch of new Items(connection, '1/2/3').iter({ parallel: Number(parallel) }).batches()) {
    // A slow reader at the start: whatever reads ahead fills what it may.
    if (records === 0) {
      await new Promise((resolve) => setTimeout(resolve, 400));
      live = Math.max(live, inUse());
    }
    if (Math.floor(records / 4000) < Math.floor((records + batch.length) / 4000)) live = Math.max(live, inUse());
    records += batch.length;
    peak = Math.max(peak, rss());
  }
} catch (failure) {
  error = (failure as Error).name;
}
clearInterval(timer);
const report: MemoryReport = { records, error, peak: Math.max(peak, rss()) - before, live: live - atFirst };
process.stdout.write(JSON.stringify(report));
connection.close();
