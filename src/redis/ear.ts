import type { Link } from './link.ts';

/** Listens to a channel from the time on at which somebody first waits, as long as the client is there. */
export class Ear {
  readonly #link: Link;
  readonly #channel: string;
  readonly #tell: (message: string | undefined) => void;
  #listening: Promise<void> | undefined;

  /** `tell` is called for each message, and without one when the first can come: there may have been others before. */
  constructor(link: Link, channel: string, tell: (message: string | undefined) => void) {
    this.#link = link;
    this.#channel = channel;
    this.#tell = tell;
  }

  /** Makes sure that messages come. Until they do, and when they cannot, whoever waits looks by himself. */
  listen(): void {
    this.#listening ??= this.#link.subscribe(this.#channel, this.#tell).then(
      () => this.#tell(undefined),
      () => {
        this.#listening = undefined;
      },
    );
  }
}
