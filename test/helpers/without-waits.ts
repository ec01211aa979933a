import { onTestFinished, vi } from 'vitest';

/** Lets tries follow each other at once in the test that runs: the waits between them are drawn by lot. */
export function withoutWaits(): void {
  const draws = vi.spyOn(Math, 'random').mockReturnValue(0);
  onTestFinished(() => draws.mockRestore());
}
