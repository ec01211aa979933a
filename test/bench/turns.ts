import { startRepeater } from './processes.ts';

/** How often. */
export interface Turns {
  /** Rounds that count; one to warm up comes before. */
  readonly rounds: number;
  /** How often all processes are started anew: how well their code is compiled is chance, and stays so. */
  readonly starts?: number;
}

/**
 * Has processes of a file, one for each order, do what they are told in turns: what slows the machine down meanwhile
 * slows all of them. Chance decides the order of each round, since who always comes behind the same one pays for what
 * that one leaves behind, such as a processor that has to slow down.
 *
 * @returns What came of each order, round by round.
 */
export async function inTurns<Order, Result>(
  file: string,
  orders: readonly Order[],
  { rounds, starts = 1 }: Turns,
): Promise<Result[][]> {
  const contestants = orders.map((order) => ({ order, results: [] as Result[] }));
  for (let start = 0; start < starts; start++) {
    const started = await Promise.all(
      contestants.map(async ({ order, results }) => ({ results, process: await startRepeater<Result>(file, order) })),
    );
    for (let round = 0; round <= rounds; round++) {
      for (const { process, results } of shuffled(started)) {
        const result = await process.next();
        if (round > 0) results.push(result);
      }
    }
    for (const { process } of started) process.close();
  }
  return contestants.map(({ results }) => results);
}

function shuffled<T>(values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, place: Math.random() }))
    .sort((left, right) => left.place - right.place)
    .map(({ value }) => value);
}
