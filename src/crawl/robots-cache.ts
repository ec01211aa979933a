/** What came of a request for a robots.txt, as machines tell each other. */
export interface SharedRobots {
  /** The last status; undefined when no answer came. */
  readonly status: number | undefined;
  /** Its text; undefined where there is none. */
  readonly text: string | undefined;
  /** For how long it need not be asked for, in milliseconds. */
  readonly keep: number;
}

/** Where several crawlers keep each robots.txt, so that one of them asks for it while it is fresh. */
export interface RobotsCache {
  /**
   * What is known of an origin. While somebody else asks for it, that is waited for. Undefined: ask for it, and `put` what
   * comes.
   */
  get(origin: string): Promise<SharedRobots | undefined>;
  /** Tells what came; undefined when it was not asked for after all. */
  put(origin: string, robots: SharedRobots | undefined): Promise<void>;
}
