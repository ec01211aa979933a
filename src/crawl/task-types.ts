import { expected } from '../errors/index.ts';
import type { FetchInit } from '../fetcher/fetch-init.ts';
import { FetchTask, type StoredTask } from '../fetcher/fetch-task.ts';

/** A class of tasks that can be stored: it has a name, and is made of a URL and an init as `FetchTask` is. */
export interface TaskClass {
  readonly type?: string;
  new (url: string, init?: FetchInit): FetchTask;
}

/** Makes tasks of plain data; see {@link taskTypes}. */
export interface TaskTypes {
  /**
   * The task that was stored, of the class that it had.
   *
   * @throws ConfigurationError for a type that is not known here, and for what is no stored task.
   */
  revive(stored: StoredTask): FetchTask;
}

/**
 * The classes of tasks that stored tasks may be of. A store holds names and data only: no code comes out of it.
 *
 * @throws ConfigurationError for a class without a `static type`, or two of one name.
 * @example
 * class Page extends FetchTask {
 *   static override readonly type = 'page';
 * }
 * const types = taskTypes(Page);
 * const again = types.revive(JSON.parse(JSON.stringify(new Page('https://example.com/'))));
 */
export function taskTypes(...classes: readonly TaskClass[]): TaskTypes {
  const known = new Map<string, TaskClass>();
  for (const one of classes) {
    const { type } = one ?? {};
    if (typeof one !== 'function' || !(one.prototype instanceof FetchTask))
      expected('a class that extends `FetchTask`', one);
    if (typeof type !== 'string' || type === '') return expected('a class of tasks to have a `static type`', type);
    if (known.has(type)) expected('each class of tasks to have a `type` of its own', type);
    known.set(type, one);
  }
  return {
    revive(stored) {
      if (typeof stored !== 'object' || stored === null) expected('a stored task to be an object', stored);
      const { body, data, headers, method, priority, type, url } = stored;
      const Task = type === undefined ? FetchTask : known.get(type);
      if (!Task)
        return expected(`the type of a stored task to be one of ${[...known.keys()].join(', ') || 'none'}`, type);
      return new Task(url, {
        ...(method !== undefined && { method }),
        ...(headers && { headers }),
        ...(body !== undefined && { body }),
        ...(priority !== undefined && { priority }),
        ...(data !== undefined && { data }),
      });
    },
  };
}
