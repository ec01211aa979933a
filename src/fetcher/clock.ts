/** Where time comes from. */
export interface Clock {
  /** Milliseconds that never go back. */
  now(): number;
  /** Calls back once after so many milliseconds; what it answers is handed to `clear`. */
  set(callback: () => void, milliseconds: number): unknown;
  /** Calls back no more. */
  clear(timer: unknown): void;
}

/** The platform's clock, which does not jump when somebody sets the time. */
export const platformClock: Clock = {
  now: () => performance.now(),
  set: (callback, milliseconds) => setTimeout(callback, milliseconds),
  clear: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};
