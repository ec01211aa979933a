import { CONTESTANTS, type ContestantName } from './contestants.ts';
import type { CorpusName } from './corpora.ts';
import { type CorpusBench, contradictions, factsOf } from './corpus-bench.ts';
import { median, medianRatio } from './report.ts';
import type { ThroughputOrder, ThroughputResult } from './throughput.ts';
import { inTurns } from './turns.ts';

/** At least so much of the reference. */
const RATIOS: Readonly<Record<CorpusName, Partial<Record<ContestantName, number>>>> = {
  items: { batches: 0.85, 'for await': 0.77 },
  logs: { batches: 0.8, 'for await': 0.7 },
  samples: { batches: 0.85, 'for await': 0.65 },
};
/** At least so many times an async generator, on the shortest lines. */
const GENERATOR_RATIO = 1.4;
/** Nobody parses that much faster than the reference does: it would be a mistake in the measurement. */
const IMPOSSIBLE = 1.3;
/** Rounds of the same processes, before others take their place. */
const ROUNDS_OF_A_START = 2;
const MB = 1e6;

/** The corpus as the table of the design has it, or with the keys that the SDK asks the real server for. */
export async function throughput(bench: CorpusBench, corpus: CorpusName, keyed: boolean): Promise<void> {
  const { options, report, server } = bench;
  const facts = await factsOf(server, corpus, keyed);
  const contestants = keyed ? CONTESTANTS.slice(0, CONTESTANTS.indexOf('openai')) : CONTESTANTS;
  const result = await measure(bench, { corpus, keyed, times: 1 }, contestants);
  const times = (name: ContestantName): number[] => result[name].map(({ time }) => time);
  const title = keyed ? `${corpus} with keys` : corpus;
  for (const name of contestants) {
    report.add(
      `throughput/${title}/${name}`,
      median(times(name).map((time) => facts.bytes / MB / (time / 1e3))),
      'MB/s',
    );
  }
  for (const name of contestants) {
    if (name === 'reference' || name === 'drain') continue;
    const least = RATIOS[corpus][name];
    report.add(`ratio/${title}/${name}`, medianRatio(times('reference'), times(name)), 'ratio', { least });
  }
  const overGenerator = medianRatio(times('async generator'), times('for await'));
  const least = corpus === 'samples' ? GENERATOR_RATIO : undefined;
  report.add(`ratio/${title}/for await to async generator`, overGenerator, 'ratio', { least });
  for (const name of contestants) {
    const wrong = contradictions(result[name], name === 'drain' ? { ...facts, records: 0, checksum: 0 } : facts);
    // A short read is over before the server was: only long ones can be told from the raw body.
    if (!options.quick && name !== 'drain') {
      if (medianRatio(times('drain'), times(name)) > 1) wrong.push('faster than the raw body');
      if (medianRatio(times('reference'), times(name)) > IMPOSSIBLE) wrong.push('impossibly faster than the reference');
    }
    report.sanity(`${title}/${name}`, wrong);
  }
}

/** What each contestant did, in processes of its own. */
async function measure(
  { options, server: { origin } }: CorpusBench,
  target: Omit<ThroughputOrder, 'origin' | 'contestant'>,
  names: readonly ContestantName[],
): Promise<Record<ContestantName, ThroughputResult[]>> {
  const orders = names.map((contestant): ThroughputOrder => ({ ...target, origin, contestant }));
  const turns = { rounds: ROUNDS_OF_A_START, starts: options.rounds };
  const results = await inTurns<ThroughputOrder, ThroughputResult>('throughput.ts', orders, turns);
  return Object.fromEntries(names.map((name, index) => [name, results[index] ?? []])) as Record<
    ContestantName,
    ThroughputResult[]
  >;
}
