import type { JSX, TargetedSubmitEvent } from 'preact';
import { useState } from 'preact/hooks';
import type { JobSummary } from 'tideway';
import type { Cloud } from './cloud.ts';
import { Problem } from './problem.tsx';
import { usePolling } from './use-polling.ts';

/** Jobs of a project that are shown. */
const MOST_JOBS = 100;
/** Milliseconds between two looks. */
const INTERVAL = 2_000;

interface Props extends Cloud {
  readonly projects: readonly number[];
}

/** All projects that are open to whoever is signed in. */
export function JobsPage({ projects, ...cloud }: Props): JSX.Element {
  return (
    <>
      <h1>Projects</h1>
      <div class="projects">
        {projects.map((id) => (
          <ProjectPart key={id} id={id} {...cloud} />
        ))}
      </div>
    </>
  );
}

interface ProjectProps extends Cloud {
  readonly id: number;
}

function ProjectPart({ cloud, id }: ProjectProps): JSX.Element {
  const project = cloud.getProject(id);
  const [jobs, setJobs] = useState<readonly JobSummary[]>();
  const [spiders, setSpiders] = useState<readonly string[]>([]);
  const [error, setError] = useState<unknown>();
  const [failure, setFailure] = useState<unknown>();

  const look = async (signal: AbortSignal): Promise<void> => {
    try {
      const state = ['running', 'pending', 'finished'] as const;
      setJobs(await project.jobs.list({ state: [...state], meta: ['spider', 'items'], count: MOST_JOBS, signal }));
      setSpiders((await project.spiders.list({ signal })).map((spider) => String(spider.id)));
      setError(undefined);
    } catch (reason) {
      if (!signal.aborted) setError(reason);
    }
  };
  usePolling(look, INTERVAL, [id]);

  const start = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const spider = String(new FormData(event.currentTarget).get('spider'));
    try {
      const job = await project.jobs.run(spider);
      location.hash = `#/job/${job.key}`;
    } catch (reason) {
      setFailure(reason);
    }
  };
  return (
    <section class="card" aria-labelledby={`project-${id}`}>
      <div class="top">
        <h2 id={`project-${id}`}>Project {id}</h2>
        <form class="row" onSubmit={start}>
          <label>
            Spider
            <select name="spider">
              {spiders.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
          <button type="submit" class="primary" disabled={spiders.length === 0}>
            Start a job
          </button>
        </form>
      </div>
      <Problem error={failure} />
      <Problem error={error} />
      {!jobs && error === undefined && <p class="hint">Loading the jobs …</p>}
      {jobs?.length === 0 && <p class="hint">No job has run yet. Choose a spider and start one.</p>}
      {jobs && jobs.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Job</th>
              <th scope="col">Spider</th>
              <th scope="col">State</th>
              <th scope="col" class="right">
                Items
              </th>
            </tr>
          </thead>
          <tbody>
            {jobs.map(({ items = 0, key, spider, state }) => (
              <tr key={key}>
                <td>
                  <a href={`#/job/${key}`}>{key}</a>
                </td>
                <td>{spider}</td>
                <td>
                  <span class={`state ${state}`}>{state}</span>
                </td>
                <td class="right">{Number(items).toLocaleString()}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
