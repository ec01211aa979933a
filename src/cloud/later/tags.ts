import type { CallOptions } from '../../http/index.ts';
import type { TagChanges } from '../tag-changes.ts';
import { noSuchJob } from './answers.ts';
import type { CommandNeeds } from './command-needs.ts';
import { askDash } from './dash.ts';
import type { JobsOf } from './jobs-of.ts';
import { checkSpiderName, listSpiderTags } from './spiders.ts';

/** Tags as a list. */
export function checkTags(
  needs: CommandNeeds,
  name: string,
  tags: string | readonly string[] | undefined,
): readonly string[] {
  const list = needs.names(tags);
  if (Array.isArray(list) && list.every((tag) => typeof tag === 'string' && tag)) return list;
  return needs.expected(`\`${name}\` to be a tag or a list of tags, texts that are not empty`, tags);
}

/**
 * Hands checked changes to `send`, unless both lists are empty, as those of a program may be: then nothing is to be done.
 *
 * @throws ConfigurationError for tags that are no text, and when neither list is given.
 */
async function changeTags<T>(
  needs: CommandNeeds,
  { add, remove, ...call }: TagChanges,
  send: (add: readonly string[], remove: readonly string[], call: CallOptions) => Promise<T>,
): Promise<T | undefined> {
  const added = checkTags(needs, 'add', add);
  const removed = checkTags(needs, 'remove', remove);
  if (!add && !remove) needs.expected('tags to `add` or to `remove`', 'neither');
  return added.length + removed.length > 0 ? send(added, removed, call) : undefined;
}

/**
 * Changes the tags of a job.
 *
 * @throws NotFoundError when there is no such job.
 */
export async function changeJobTags(needs: CommandNeeds, key: string, changes: TagChanges): Promise<void> {
  const count = await changeTagsOf(needs, needs.parseJobKey(key)[0], { job: key }, changes);
  if (count === 0) throw noSuchJob(needs, '/jobs/update.json', key, 'POST');
}

/** Changes the tags of the jobs of a spider and resolves to how many these are. */
export async function changeJobsTags(
  needs: CommandNeeds,
  jobs: JobsOf,
  { spider = jobs.spider?.name, ...changes }: TagChanges & { readonly spider?: string },
): Promise<number> {
  checkSpiderName(needs, spider);
  return (await changeTagsOf(needs, jobs.project, { spider }, changes)) ?? 0;
}

async function changeTagsOf(
  needs: CommandNeeds,
  project: string,
  selection: { readonly job?: string; readonly spider?: string },
  changes: TagChanges,
): Promise<number | undefined> {
  return changeTags(needs, changes, (add, remove, call) =>
    askDash<number>(needs, needs.path`/jobs/update.json`, 'count', {
      ...call,
      method: 'POST',
      form: { project, ...selection, add_tag: add, remove_tag: remove },
    }),
  );
}

/** Changes the tags of a spider and resolves to those that it has then. */
export async function changeSpiderTags(
  needs: CommandNeeds,
  project: string,
  spider: string,
  changes: TagChanges,
): Promise<string[]> {
  const tags = await changeTags(needs, changes, (add, remove, call) =>
    askDash<string[]>(needs, needs.path`/v2/projects/${project}/spiders/${spider}/tags`, 'tags', {
      ...call,
      method: 'PATCH',
      json: { add, remove },
    }),
  );
  return tags ?? listSpiderTags(needs, project, spider, changes);
}
