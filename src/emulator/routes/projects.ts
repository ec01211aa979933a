import { type Answer, jobqJson } from '../answer.ts';
import type { Exchange, Route } from '../exchange.ts';
import type { JobState } from '../job.ts';
import { pythonJson } from '../json-style.ts';
import type { Project } from '../project.ts';

function countsOf(project: Project): Record<string, unknown> {
  const count = (state: JobState): number => project.jobs.filter((job) => job.state === state).length;
  return {
    project: project.id,
    pending: count('pending'),
    running: count('running'),
    finished: count('finished'),
    has_capacity: true,
  };
}

function summary(exchange: Exchange): Answer {
  const { project } = exchange;
  const units = project.jobs
    .filter((job) => job.state === 'running')
    .reduce((sum, job) => sum + Number(job.meta.get('units') ?? 1), 0);
  return jobqJson(pythonJson({ ...countsOf(project), running_units_count: units, pending_units_max: null }));
}

// The projects where something waits or runs; `state` narrows it to one of the two.
function summaries(exchange: Exchange): Answer {
  const asked = exchange.query.getAll('state');
  const states = asked.length === 0 ? ['pending', 'running'] : asked;
  const projects = exchange.world.projects.filter((project) => project.jobs.some((job) => states.includes(job.state)));
  return jobqJson(pythonJson(projects.map(countsOf)));
}

/** The job counts of projects. */
export const projectRoutes: readonly Route[] = [
  { method: 'GET', path: 'projects/jobsummaries', backend: 'jobq', handler: summaries },
  { method: 'GET', path: 'projects/:project/jobsummary', backend: 'jobq', handler: summary },
];
