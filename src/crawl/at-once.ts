/** Runs for all, no more than `most` at a time; rejects with what the first one fails with, when all that ran have ended. */
export async function atOnce<T>(all: readonly T[], most: number, run: (one: T) => Promise<void>): Promise<void> {
  const left = all.values();
  const work = async (): Promise<void> => {
    for (const one of left) await run(one);
  };
  const results = await Promise.allSettled(Array.from({ length: most }, work));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
