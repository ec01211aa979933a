/** What a promise rejects with; an error of its own when it does not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`Expected a rejection, got ${typeof value}`);
}

/** What a function throws; an error of its own when it does not. */
export function thrown(action: () => unknown): unknown {
  let value: unknown;
  try {
    value = action();
  } catch (error) {
    return error;
  }
  throw new Error(`Expected an error to be thrown, got ${typeof value}`);
}
