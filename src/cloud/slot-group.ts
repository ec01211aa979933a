import { type CallOptions, type Connection, path } from '../http/index.ts';
import type { Records } from '../records/index.ts';
import { readWhole } from './reading.ts';
import { settleAll } from './settle-all.ts';
import type { SettleOptions } from './writer-options.ts';

/** What is stored through a member of a group. */
interface Member {
  readonly newCount: number;
  flush(options?: SettleOptions): Promise<void>;
  close(options?: SettleOptions): Promise<void>;
}

/** Members by their names: the slots of a frontier, or the frontiers of a project. */
export abstract class SlotGroup<T extends Member> {
  protected readonly connection: Connection;
  readonly #path: readonly string[];
  readonly #members = new Map<string, T>();

  /** `path` are the segments in front of `list`. */
  protected constructor(connection: Connection, path: readonly string[]) {
    this.connection = connection;
    this.#path = path;
  }

  /** The names. */
  iter(options: CallOptions = {}): Records<string> {
    return readWhole(() => this.list(options));
  }

  /** The names. */
  async list(options: CallOptions = {}): Promise<string[]> {
    return (await this.connection.json<string[]>(path`/${[...this.#path, 'list']}`, options)) ?? [];
  }

  /** The one with a name, the same object each time; it comes into being with its first request. No request is made. */
  get(name: string): T {
    const member = this.#members.get(name) ?? this.make(name);
    this.#members.set(name, member);
    return member;
  }

  /** {@link FrontierSlot.newCount} of all slots that were asked for here. */
  get newCount(): number {
    let sum = 0;
    for (const { newCount } of this.#members.values()) sum += newCount;
    return sum;
  }

  /** {@link FrontierSlot.flush} of all slots that were asked for here. */
  flush(options: SettleOptions = {}): Promise<void> {
    return settleAll([...this.#members.values()].map((member) => member.flush(options)));
  }

  /** {@link FrontierSlot.close} of all slots that were asked for here. */
  close(options: SettleOptions = {}): Promise<void> {
    return settleAll([...this.#members.values()].map((member) => member.close(options)));
  }

  protected abstract make(name: string): T;
}
