import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ScrapyCloud } from 'tideway';

/** A job as a list shows it. */
export interface ListedJob {
  readonly key: string;
  readonly spider: string;
  state: string;
  ts: number;
}

/** A project's list of finished jobs, which changes between two looks at it. */
export class JobList {
  #clock = 1_000_000;
  #number = 0;
  /** The newest change first. */
  readonly jobs: ListedJob[] = [];

  /** Jobs arrive at the top. */
  arrive(count: number): void {
    for (let at = 0; at < count; at++) {
      const key = `1/1/${++this.#number}`;
      this.jobs.unshift({ key, spider: 'quotes', state: 'finished', ts: ++this.#clock });
    }
  }

  /** The job at a place changes its state and is found again at the top. */
  change(index: number): void {
    const [job] = this.jobs.splice(index, 1);
    if (job) this.jobs.unshift({ ...job, ts: ++this.#clock });
  }

  /** So many jobs from a place on disappear. */
  remove(index: number, count = 1): string[] {
    return this.jobs.splice(index, count).map(({ key }) => key);
  }

  /** A page, as the server gives it: a thousand at most. */
  page(query: URLSearchParams): ListedJob[] {
    const start = Number(query.get('start') ?? 0);
    const stop = this.jobs.findIndex(({ key }) => key === query.get('stop'));
    const jobs = stop < 0 ? this.jobs : this.jobs.slice(0, stop);
    return jobs.slice(start, start + Math.min(1000, Number(query.get('count') ?? 1000)));
  }
}

/** A server that lists the jobs of one project, and a client of it. */
export interface JobListServer extends AsyncDisposable {
  readonly cloud: ScrapyCloud;
  /** The queries that came. */
  readonly queries: URLSearchParams[];
  list: JobList;
  /** Happens behind every page, counted from 1. */
  afterPage: (page: number) => void;
}

export async function jobListServer(): Promise<JobListServer> {
  const queries: URLSearchParams[] = [];
  const http = createServer((message, reply) => {
    const { searchParams } = new URL(message.url ?? '/', 'http://127.0.0.1');
    queries.push(searchParams);
    const lines = server.list.page(searchParams).map((job) => JSON.stringify({ ...job, elapsed: 1 }));
    server.afterPage(queries.length);
    reply.writeHead(200, { 'content-type': 'application/x-jsonlines' }).end(lines.join('\n'));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const server: JobListServer = {
    cloud: new ScrapyCloud({ auth: 'key', endpoint }),
    queries,
    list: new JobList(),
    afterPage: () => {},
    [Symbol.asyncDispose]: async () => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return server;
}
