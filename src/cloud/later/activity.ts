import type { CallOptions } from '../../http/index.ts';
import type { ActivityOptions } from '../activity.ts';
import type { ActivityEvent } from '../wire.ts';
import type { CommandNeeds } from './command-needs.ts';
import { sendLines } from './send-lines.ts';

/** How often a list that breaks is read again. */
const RETRIES = 5;

/** Reads the events of a project. */
export async function listActivity(
  needs: CommandNeeds,
  project: string,
  { count, filter, meta, ...call }: ActivityOptions,
): Promise<ActivityEvent[]> {
  needs.checkInteger('count', count, 0);
  const query = { count, filter: needs.encodeFilter(filter), meta: needs.names(meta) };
  const target = needs.path`/activity/${project}`;
  for (let left = RETRIES; ; left--) {
    let broken = false;
    // New events move the others: what breaks is read anew, since going on behind a number could repeat some.
    const onResume = ({ error }: { readonly error: unknown }): never => {
      broken = true;
      throw error;
    };
    try {
      return await needs.readLines<ActivityEvent>(needs.connection, target, query, call, { onResume }).toArray();
    } catch (error) {
      if (!broken || left === 0) throw error;
    }
  }
}

/** Adds events to a project; `check` refuses keys of jobs that are none of its. */
export async function addActivity(
  needs: CommandNeeds,
  project: string,
  events: readonly ActivityEvent[],
  options: CallOptions,
  check: (job: string) => void,
): Promise<void> {
  for (const event of events) {
    needs.checkObject('event', event);
    if (event.job !== undefined) check(event.job);
  }
  await sendLines(needs, needs.path`/activity/${project}`, events, { ...options, idempotent: false }, true);
}
