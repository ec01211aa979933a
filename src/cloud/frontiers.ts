import type { Connection } from '../http/index.ts';
import { Frontier } from './frontier.ts';
import { parseProjectId } from './keys.ts';
import { SlotGroup } from './slot-group.ts';

/** The frontiers of a project: queues of requests that remember what they have seen. */
export class Frontiers extends SlotGroup<Frontier> {
  readonly #project: string;

  constructor(connection: Connection, project: number | string) {
    const id = parseProjectId(project);
    super(connection, ['hcf', id]);
    this.#project = id;
  }

  protected override make(name: string): Frontier {
    return new Frontier(this.connection, this.#project, name);
  }
}
