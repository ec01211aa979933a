import type { CallOptions } from '../../http/index.ts';
import type { SpiderIdOptions } from '../spiders.ts';
import type { SpiderSummary } from '../wire.ts';
import type { CommandNeeds } from './command-needs.ts';
import { askDash } from './dash.ts';
import { notFound } from './job-state.ts';

/** The spiders of a project that are deployed. */
export function listSpiders(needs: CommandNeeds, project: string, options: CallOptions): Promise<SpiderSummary[]> {
  return askDash(needs, needs.path`/spiders/list.json`, 'spiders', { ...options, query: { project } });
}

/** The tags of a spider. */
export function listSpiderTags(
  needs: CommandNeeds,
  project: string,
  spider: string,
  options: CallOptions,
): Promise<string[]> {
  return askDash(needs, needs.path`/v2/projects/${project}/spiders/${spider}`, 'tags', options);
}

/**
 * The number of a spider within its project.
 *
 * @throws NotFoundError when there is no spider of this name.
 */
export async function findSpider(
  needs: CommandNeeds,
  project: string,
  name: string,
  { create, ...call }: SpiderIdOptions,
): Promise<number> {
  checkSpiderName(needs, name);
  const target = needs.path`/ids/${project}/spider/${name}`;
  const id = await needs.connection.json<number | null>(target, { ...call, query: { create: create || undefined } });
  if (id === null) throw notFound(needs, target, `there is no spider \`${name}\``);
  return id;
}

/** Refuses what cannot be the name of a spider. */
export function checkSpiderName({ expected }: CommandNeeds, name: unknown): asserts name is string {
  if (typeof name !== 'string' || name === '') expected('`spider` to be the name of a spider', name);
}
