/** What is read: the three shapes of a job's records, from long lines to short ones. */
export type CorpusName = 'items' | 'logs' | 'samples';

/** The corpora, in the order in which they are measured. */
export const CORPORA: readonly CorpusName[] = ['items', 'logs', 'samples'];

/** Text that a server can send, and what whoever reads it must find in it. */
export interface Corpus {
  readonly name: CorpusName;
  readonly bytes: Uint8Array;
  readonly records: number;
  /** The sum of {@link weigh} over all records. */
  readonly checksum: number;
}

/** A number that only somebody who has parsed the record knows, and that is cheap next to the parsing. */
export const weigh: Readonly<Record<CorpusName, (record: unknown) => number>> = {
  items: (record) => (record as { readonly position: number }).position,
  logs: (record) => (record as { readonly level: number }).level,
  samples: (record) => (record as readonly number[])[1] as number,
};

const WORDS =
  `stainless kettle with a wide mouth and handle that stays cool easy to fill clean litre capacity boils quickly switches
  itself off lid opens by button base turns freely cord stored below guarantee of two years spare parts are kept for ten
  delivery within three working days free from fifty returns accepted unused original packaging colour silver also black`.split(
    /\s+/,
  );
const PLACES = ['Berlin', 'Cork', 'Montevideo', 'Pune', 'Oslo', 'Łódź', 'São Paulo', '京都'];

/** Pseudo-random numbers that are the same in every run (mulberry32). */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function prose(random: (below: number) => number, length: number): string {
  let text = '';
  while (text.length < length) text += `${WORDS[random(WORDS.length)]} `;
  return text.slice(0, length);
}

const MAKERS: Readonly<Record<CorpusName, (position: number, random: (below: number) => number) => unknown>> = {
  // About 1.7 KB, as a spider scrapes them: some fields of every kind, and one long text.
  items: (position, random) => ({
    url: `https://shop.example/catalogue/${prose(random, 30).trim().replaceAll(' ', '-')}-${random(1e9)}`,
    position: position % 1000,
    name: prose(random, 40 + random(30)),
    price: random(100_000) / 100,
    currency: 'EUR',
    in_stock: random(3) > 0,
    rating: random(50) / 10,
    reviews: random(2000),
    brand: null,
    breadcrumbs: ['Home', prose(random, 12), prose(random, 16)],
    images: Array.from({ length: 4 }, () => `https://images.shop.example/full/${random(1e9).toString(16)}.jpg`),
    attributes: {
      weight: `${random(5000)} g`,
      origin: PLACES[random(100) < 6 ? random(PLACES.length) : random(5)],
      material: prose(random, 14),
      code: String(random(1e9)).padStart(13, '4'),
    },
    description: `${prose(random, 670)}\n"${prose(random, 330 + random(80))}"`,
    scraped_at: `2026-03-${10 + random(20)}T${10 + random(10)}:${10 + random(50)}:${10 + random(50)}Z`,
  }),
  // About 175 bytes.
  logs: (position, random) => ({
    time: 1_767_225_600_000 + position * 7,
    level: 10 + 10 * random(4),
    message: `[scrapy.core.engine] Crawled (200) <GET https://shop.example/catalogue/${random(1e9)}/${prose(random, 30)
      .trim()
      .replaceAll(' ', '-')}> (referer: None)`,
  }),
  // About 41 bytes.
  samples: (position, random) => [
    1_767_225_600_000 + position * 1000,
    random(1000),
    100 + random(900),
    random(100),
    1000 + random(9000),
    10 + random(90),
    1000 + random(9000),
  ],
};

/** Records of a corpus, as a spider has them. */
export function makeRecords(name: CorpusName, count: number): unknown[] {
  const random = randomNumbers(20_260_301);
  return Array.from({ length: count }, (_, position) => MAKERS[name](position, random));
}

/**
 * Lines of about `size` bytes together. `keyed` is what a server makes of the same lines when it is asked for `_key`:
 * it appends it to items and puts it first in logs; samples have none.
 */
export function makeCorpus(name: CorpusName, size: number, keyed: boolean): Corpus {
  const random = randomNumbers(20_260_301);
  const make = MAKERS[name];
  const encoder = new TextEncoder();
  // A key makes a line longer by a seventh at most.
  const bytes = new Uint8Array(size * 1.2 + 64 * 1024);
  let length = 0;
  let plain = 0;
  let records = 0;
  let checksum = 0;
  while (plain < size) {
    // Many lines at a time: encoding a short one costs more in the call than in its bytes.
    let text = '';
    for (const end = plain + 16 * 1024; plain < end; records++) {
      const record = make(records, random);
      const line = JSON.stringify(record);
      text += `${keyed ? withKey(name, line, records) : line}\n`;
      plain += line.length + 1;
      checksum += weigh[name](record);
    }
    length += encoder.encodeInto(text, bytes.subarray(length)).written;
  }
  return { name, bytes: bytes.subarray(0, length), records, checksum };
}

function withKey(name: CorpusName, line: string, position: number): string {
  if (name === 'items') return `${line.slice(0, -1)},"_key":"1/1/1/${position}"}`;
  if (name === 'logs') return `{"_key":"1/2/1/${position}",${line.slice(1)}`;
  return line;
}
