/** What the gateway's server answers to a sign-in. */
interface Answer {
  readonly token: string;
  /** Milliseconds. */
  readonly expiresIn: number;
  readonly projects: readonly number[];
}

/** Renewed so long before its end, in milliseconds: a request may take its time on the way. */
const MARGIN = 30_000;
const PROJECTS = 'projects';

/** Who is signed in. The token stays in memory: whatever the page stores could be read by whoever finds the browser. */
export class Session {
  #token = '';
  /** When the token must be renewed, on the clock of `performance`. */
  #renewAt = 0;
  #renewal: Promise<void> | undefined;
  /** How often somebody signed out: an answer to a question from before is nobody's any more. */
  #signOuts = 0;

  /** The projects of the last sign-in: with them the page opens offline. Empty for nobody. */
  get projects(): readonly number[] {
    return JSON.parse(localStorage.getItem(PROJECTS) ?? '[]') as number[];
  }

  /** A token that is good for a while. Rejects when nobody is signed in, and without a network. */
  async token(): Promise<string> {
    if (performance.now() >= this.#renewAt) {
      // Many requests wait for one renewal.
      this.#renewal ??= this.#ask(null).finally(() => {
        this.#renewal = undefined;
      });
      await this.#renewal;
    }
    return this.#token;
  }

  /** Signs in. Rejects with an error whose message is for the user. */
  signIn(password: string): Promise<void> {
    return this.#ask(JSON.stringify({ password }));
  }

  /** Signs out, here and on the server. */
  async signOut(): Promise<void> {
    this.#renewAt = 0;
    this.#signOuts++;
    localStorage.removeItem(PROJECTS);
    await fetch('/session', { method: 'DELETE' });
  }

  async #ask(body: string | null): Promise<void> {
    const signOuts = this.#signOuts;
    const answer = await fetch('/session', { method: 'POST', body });
    if (answer.status === 401) {
      localStorage.removeItem(PROJECTS);
      throw new NotSignedInError(body === null ? 'Please sign in' : 'The password is wrong');
    }
    if (!answer.ok) throw new Error(`Signing in failed: the server answered with ${answer.status}`);
    const { expiresIn, projects, token } = (await answer.json()) as Answer;
    if (signOuts !== this.#signOuts) throw new NotSignedInError('Please sign in');
    this.#token = token;
    this.#renewAt = performance.now() + expiresIn - MARGIN;
    localStorage.setItem(PROJECTS, JSON.stringify(projects));
  }
}

/** Nobody is signed in any more. */
export class NotSignedInError extends Error {
  override readonly name: string = 'NotSignedInError';
}
