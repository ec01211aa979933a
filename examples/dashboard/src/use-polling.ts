import { useEffect } from 'preact/hooks';

/** Does something again and again while a part of the page is there, each time so many milliseconds after the last. */
export function usePolling(
  action: (signal: AbortSignal) => Promise<void>,
  interval: number,
  on: readonly unknown[],
): void {
  // The caller names what the action hangs on.
  useEffect(() => {
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const go = async (): Promise<void> => {
      await action(controller.signal);
      if (!controller.signal.aborted) timer = setTimeout(go, interval);
    };
    void go();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, on);
}
