/**
 * Waits until all of them are settled: one that fails does not keep the others from storing what they have.
 *
 * @throws what a writer rejects with, or an AggregateError when several do.
 */
export async function settleAll(work: Iterable<Promise<unknown>>): Promise<void> {
  const errors: unknown[] = [];
  const keep = (error: unknown): void => {
    errors.push(...(error instanceof AggregateError ? error.errors : [error]));
  };
  await Promise.all([...work].map((one) => one.catch(keep)));
  if (errors.length > 1) throw new AggregateError(errors, `${errors.length} writers could not store all they had`);
  if (errors.length === 1) throw errors[0];
}
