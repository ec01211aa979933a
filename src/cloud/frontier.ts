import type { Connection } from '../http/index.ts';
import { checkText } from './check-text.ts';
import { FrontierSlot } from './frontier-slot.ts';
import { parseProjectId } from './keys.ts';
import { SlotGroup } from './slot-group.ts';

/** A frontier: requests that wait to be made, in slots of their own. */
export class Frontier extends SlotGroup<FrontierSlot> {
  /** Its name. */
  readonly key: string;
  readonly #project: string;

  constructor(connection: Connection, project: number | string, name: string) {
    const id = parseProjectId(project);
    super(connection, ['hcf', id, checkText('frontier', name)]);
    this.key = name;
    this.#project = id;
  }

  protected override make(slot: string): FrontierSlot {
    return new FrontierSlot(this.connection, this.#project, this.key, slot);
  }
}
