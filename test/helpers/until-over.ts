import { onTestFinished } from 'vitest';

/** Closes what it is given when the test that runs is over, whatever became of it; for use in `beforeEach`, too. */
export function untilOver<T extends AsyncDisposable>(opened: T): T {
  onTestFinished(() => opened[Symbol.asyncDispose]());
  return opened;
}
