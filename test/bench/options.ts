import { parseArgs } from 'node:util';

/** What the benchmark is asked to do. */
export interface BenchOptions {
  /** One JSON object a line instead of tables. */
  readonly json: boolean;
  /** The size of each corpus, in bytes. */
  readonly bytes: number;
  /** Rounds that count; one to warm up comes before. */
  readonly rounds: number;
  /** How often the corpus is sent for the long read of the memory test. */
  readonly long: number;
  /** Which parts to run. */
  readonly only: readonly Part[];
  readonly quick: boolean;
}

/** The parts of the benchmark. */
export const PARTS = [
  'throughput',
  'memory',
  'first',
  'keys',
  'readers',
  'writing',
  'tide',
  'cache',
  'undici',
  'fetcher',
  'crawl',
  'redis',
  'sizes',
] as const;

/** A part of the benchmark. */
export type Part = (typeof PARTS)[number];

const HELP = `npm run bench -- [flags]

Reads three corpora of JSON lines from a server in a process of its own, and prints how fast, in what memory and how
soon the SDK reads them, next to other ways. Ratios are to a reference of the same round: the body drained, then
JSON.parse of its lines, which were split before. Above 1 is faster. Then items are written, to a server that answers at
once and to one that takes 20 ms, next to a reference that encodes, sends and waits batch by batch. At
last one stream is read by a tide in every framing. Then hits in caches are held beside a fetch over the loopback, and
the fetch on undici beside the platform's own. Many requests at once are sent by a Fetcher, by bare fetch, by queues, by
got and by crawlee; a server that sags is asked with and without adaptive(), one that is down with and without a breaker;
and tasks that do nothing are queued and run. A million URLs of 1 to 100 000 hosts that are made up are crawled politely in
the time of a clock that jumps, and 2 000 pages at 200 servers of this machine in real time. What is shared over a Redis is
held beside plain commands.

  --json        one JSON object a line: name, value, unit, goal, ok
  --quick       small corpora and few rounds: whether the benchmark works; goals do not count
  --bytes N     the size of each corpus (default 100000000)
  --rounds N    rounds that count (default 5), after one to warm up; where it matters how well a process is compiled,
                how often all processes are started, for two rounds each
  --only PARTS  some of ${PARTS.join(',')}
  --help        this text

Exits with 1 when the benchmark contradicts itself, or a goal is missed by more than a tenth.`;

/** The flags of the command line; undefined when only help was wanted, which is printed then. */
export function readOptions(args: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      bytes: { type: 'string' },
      rounds: { type: 'string' },
      only: { type: 'string', default: PARTS.join(',') },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return undefined;
  }
  const { json, quick } = values;
  return {
    json,
    quick,
    bytes: positive('bytes', values.bytes ?? (quick ? '2000000' : '100000000')),
    rounds: positive('rounds', values.rounds ?? (quick ? '1' : '5')),
    long: quick ? 2 : 4,
    only: values.only.split(',').map(part),
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`Expected --${name} to be an integer, got ${text}`);
  return value;
}

function part(text: string): Part {
  const found = PARTS.find((name) => name === text);
  if (!found) throw new Error(`Expected --only to name some of ${PARTS.join(', ')}, got ${text}`);
  return found;
}
