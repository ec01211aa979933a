import type { FetchPolicy } from './fetch-policy.ts';
import type { FetchTask } from './fetch-task.ts';
import { Lanes } from './lanes.ts';

/** The usual policy: higher priorities first, equals in the order in which they came, everything admitted. */
export function fifo(): FetchPolicy {
  const lanes = new Lanes<FetchTask>((task) => task.isWaiting);
  return {
    get size() {
      return lanes.size;
    },
    push: (task) => lanes.push(task, task.priority),
    next: () => lanes.shift(),
    remove: () => lanes.died(),
  };
}
