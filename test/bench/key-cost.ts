import { jobOf, makeOurs, readOurs } from './contestants.ts';
import { type CorpusName, weigh } from './corpora.ts';

/** What the process that measures keys is told. */
export interface KeyOrder {
  readonly origin: string;
  readonly corpus: CorpusName;
  readonly rounds: number;
  /** Records delivered before a break. */
  readonly breaks: readonly number[];
}

/** Milliseconds of every round for each way, and what learning the last key after a break takes. */
export interface KeyResult {
  readonly stripped: readonly number[];
  readonly kept: readonly number[];
  readonly without: readonly number[];
  readonly breaks: readonly { readonly delivered: number; readonly milliseconds: number; readonly bytes: number }[];
}

/**
 * What it costs that a read can go on after a break: keys asked for and taken off again (what users get), kept, and
 * not asked for. A path of samples never asks for keys, and what it is sent is the corpus all the same.
 */
async function measure({ origin, corpus, rounds, breaks }: KeyOrder): Promise<KeyResult> {
  const cloud = await makeOurs(origin);
  const target = { corpus, times: 1, keyed: true };
  const ways = {
    stripped: () => readOurs(cloud, target),
    kept: () => readOurs(cloud, target, { meta: '_key' }),
    without: () => cloud.getJob(jobOf(target)).samples.iter<unknown>(),
  };
  const add = weigh[corpus];
  const times = { stripped: [] as number[], kept: [] as number[], without: [] as number[] };
  const sums = new Set<number>();
  for (let round = 0; round <= rounds; round++) {
    for (const name of round % 2 ? WAYS : WAYS.toReversed()) {
      let sum = 0;
      const started = performance.now();
      for await (const batch of ways[name]().batches()) {
        for (const record of batch) sum += add(record);
      }
      if (round > 0) times[name].push(performance.now() - started);
      sums.add(sum);
    }
  }
  if (sums.size !== 1) throw new Error(`Expected the same ${corpus} with keys taken off, kept and not there`);
  return { ...times, breaks: await measureBreaks() };

  /** The other way: the keys of what was delivered are asked for only when the read broke. */
  async function measureBreaks(): Promise<KeyResult['breaks']> {
    const result = [];
    for (const delivered of breaks) {
      const runs = [];
      let bytes = 0;
      for (let round = 0; round <= rounds; round++) {
        const started = performance.now();
        const options = { nodata: true, meta: '_key', count: delivered };
        const keys = readOurs<{ readonly _key: string }>(cloud, target, options);
        let last: string | undefined;
        for await (const batch of keys.batches()) last = batch.at(-1)?._key;
        if (last !== `${jobOf(target)}/${delivered - 1}`) throw new Error('Expected the key of the last record');
        bytes = keys.progress.bytes;
        if (round > 0) runs.push(performance.now() - started);
      }
      runs.sort((left, right) => left - right);
      result.push({ delivered, milliseconds: runs[runs.length >> 1] ?? 0, bytes });
    }
    return result;
  }
}

const WAYS = ['stripped', 'kept', 'without'] as const;

process.send?.(await measure(JSON.parse(process.argv[2] ?? '{}') as KeyOrder));
process.disconnect();
