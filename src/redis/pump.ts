/** Runs a task again and again while there is a reason to, one run at a time. */
export class Pump {
  readonly #step: () => Promise<void>;
  #isRunning = false;
  #isWanted = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** The step never rejects. */
  constructor(step: () => Promise<void>) {
    this.#step = step;
  }

  /** Whether it does nothing and nothing is to come. */
  get isIdle(): boolean {
    return !this.#isRunning && this.#timer === undefined;
  }

  /** Runs a step now, or right after the one that runs. */
  kick(): void {
    this.#isWanted = true;
    if (!this.#isRunning) void this.#run();
  }

  /** Runs a step in so many milliseconds, unless one runs before. */
  kickIn(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.kick();
    }, milliseconds);
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    // What is asked for in one go of the program goes into one step.
    await Promise.resolve();
    while (this.#isWanted) {
      this.#isWanted = false;
      clearTimeout(this.#timer);
      this.#timer = undefined;
      await this.#step();
    }
    this.#isRunning = false;
  }
}
