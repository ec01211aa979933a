import type { CallOptions } from '../../http/index.ts';
import type { JobState, ProjectSummary } from '../wire.ts';
import type { CommandNeeds } from './command-needs.ts';
import { askDash } from './dash.ts';

/** The ids of the projects of the account. */
export function listProjects(needs: CommandNeeds, options: CallOptions): Promise<number[]> {
  return askDash(needs, needs.path`/scrapyd/listprojects.json`, 'projects', options);
}

/** The job counts of the projects that have jobs of these states. */
export async function summarizeProjects(
  needs: CommandNeeds,
  { state, ...call }: CallOptions & { readonly state?: JobState | readonly JobState[] },
): Promise<ProjectSummary[]> {
  const query = { state: needs.names(state) };
  query.state.forEach(needs.checkState);
  return needs.connection.json<ProjectSummary[]>(needs.path`/projects/jobsummaries`, { ...call, query });
}
