import * as tideway from 'tideway';
import { createEmulator, type Emulator, type EmulatorOptions } from 'tideway/emulator';

/** What the lines of a section have in common: their variables, and the server that they ask. */
export class World implements AsyncDisposable {
  /** Variables by name, those that a section takes for granted included. */
  readonly scope: Record<string, unknown> = {};
  /** The time of the server. */
  now: number = Date.now();
  /** Texts of a document that stand for values which only the server knows. */
  readonly replaced: Map<string, string> = new Map();
  #emulator: Emulator = createEmulator();

  get emulator(): Emulator {
    return this.#emulator;
  }

  /** In place of the platform's, so that a client may outlive its server. */
  readonly fetch: typeof globalThis.fetch = (input, init) => this.#emulator.fetch(input as string, init);

  /** Begins anew with another server. */
  async serve(options: EmulatorOptions): Promise<void> {
    await this.#emulator.close();
    this.#emulator = createEmulator({ clock: () => this.now, ...options });
  }

  client(auth: string = this.#emulator.apiKey): tideway.ScrapyCloud {
    return new tideway.ScrapyCloud({ auth, fetch: this.fetch, retry: false });
  }

  /** Runs one line. Resolves to what it is worth, of a loop to what it logs, and keeps the constant that it declares. */
  async run(line: string): Promise<unknown> {
    const [, imported] = /^import \{ (\w+) \} from 'tideway';$/.exec(line) ?? [];
    const names: Record<string, unknown> = { ...tideway, ...this.scope };
    if (imported) return names[imported];
    const [, constant, value] = /^const (\w+) = (.+);$/.exec(line) ?? [];
    const logged: unknown[] = [];
    names.console = { log: (entry: unknown) => logged.push(entry) };
    let code = line.startsWith('for ') ? line : `return (${value ?? line.slice(0, -1)});`;
    code = code.replace(/'apikey'/i, JSON.stringify(this.#emulator.apiKey));
    for (const [text, own] of this.replaced) code = code.replaceAll(text, own);
    const run = new Function(...Object.keys(names), `return (async () => { ${code} })();`);
    const result: unknown = await run(...Object.values(names));
    if (constant) this.scope[constant] = result;
    return line.startsWith('for ') ? logged : result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#emulator.close();
  }
}
