import { type Mock, onTestFinished, vi } from 'vitest';

/** Keeps what the test that runs tells `console.log`, in place of printing it. */
export function captureLog(): Mock<typeof console.log> {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  onTestFinished(() => log.mockRestore());
  return log;
}
