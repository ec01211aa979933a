import type { CompiledRule } from './limit-rule.ts';
import type { AcquireOptions, Lease, Limiter } from './limiter.ts';

/** The lease of what has no limit. */
export const FREE: Lease = { release: () => {} };

/** A limiter until there is something to count: it lets everything through that has no rule, and sends for another. */
export class StandIn implements Limiter {
  readonly rules: readonly CompiledRule[];
  readonly #real: () => Promise<Limiter>;

  /** `real` takes its place, and answers with whoever has it then. */
  constructor(rules: readonly CompiledRule[], real: () => Promise<Limiter>) {
    this.rules = rules;
    this.#real = real;
  }

  keyOf(url: URL): string {
    return this.rules.find(({ matches }) => matches(url))?.keyOf(url) ?? url.origin;
  }

  acquire(url: URL, options?: AcquireOptions): Lease | Promise<Lease> {
    return this.rules.length === 0 ? FREE : this.#real().then((limiter) => limiter.acquire(url, options));
  }

  async pause(url: URL, milliseconds: number): Promise<void> {
    await (await this.#real()).pause(url, milliseconds);
  }
}
