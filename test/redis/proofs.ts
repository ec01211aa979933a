import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { programOf } from '../helpers/program.ts';
import { startRedis } from '../helpers/redis-server.ts';
import type { WorkerOrder } from './worker.ts';

const WORKER: string = fileURLToPath(new URL('./worker.ts', import.meta.url));
/** How long requests are waited for, in milliseconds. */
const LONGEST_WAIT = 20_000;
const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A machine of a proof. */
interface Machine {
  readonly child: ChildProcess;
  /** What it printed, when it ended by itself. */
  readonly ended: Promise<string>;
  /** What it complained about. */
  readonly errors: () => string;
}

function startMachine(order: WorkerOrder): Machine {
  const child = spawn(process.execPath, ['--no-warnings', programOf(WORKER), JSON.stringify(order)], { stdio: 'pipe' });
  let [out, errors] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const ended = new Promise<string>((resolve) => child.once('close', () => resolve(out.trim())));
  return { child, ended, errors: () => errors };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** What a server saw that some processes asked through one limiter, while they were killed. */
export interface LimiterProof {
  /** The most requests at once. */
  readonly most: number;
  readonly requests: number;
  /** How many came when the leases of all who were killed had run out. */
  readonly afterwards: number;
  readonly errors: string;
}

/** Processes that ask a server through one limiter; again and again one is killed, and another one takes its place. */
export async function proveLimiter(options: {
  readonly processes: number;
  readonly limit: number;
  readonly kills: number;
  /** Longer than a busy machine keeps a process from its work: who loses a lease does not know it at once. */
  readonly leaseTtl: number;
}): Promise<LimiterProof> {
  const { kills, leaseTtl, limit, processes } = options;
  const redis = await startRedis();
  let [now, most, requests] = [0, 0, 0];
  const server = createServer((_request, response) => {
    requests++;
    most = Math.max(most, ++now);
    response.once('close', () => {
      now--;
    });
    setTimeout(() => response.end('ok'), 5 + Math.random() * 15);
  });
  const site = await listen(server);
  const order: WorkerOrder = { work: 'limiter', port: redis.port, site, limit, leaseTtl };
  const machines = Array.from({ length: processes }, () => startMachine(order));
  let errors = '';
  try {
    const asked = async (more: number): Promise<void> => {
      const until = requests + more;
      for (let turn = 0; requests < until && turn < LONGEST_WAIT / 10; turn++) await sleep(10);
    };
    for (let n = 0; n < kills; n++) {
      // However slow the machine is: those who are killed are at work.
      await asked(20 + Math.random() * 20);
      const index = Math.floor(Math.random() * processes);
      const killed = machines[index] as Machine;
      errors += killed.errors();
      killed.child.kill('SIGKILL');
      machines[index] = startMachine(order);
    }
    await sleep(leaseTtl + 500);
    const before = requests;
    await asked(100);
    for (const machine of machines) errors += machine.errors();
    return { most, requests, afterwards: requests - before, errors };
  } finally {
    for (const { child } of machines) child.kill('SIGKILL');
    await Promise.all(machines.map(({ ended }) => ended));
    await close(server);
    await redis.close();
  }
}

/** How many records some processes delivered together that share one quota. */
export async function proveQuota(processes: number, limit: number): Promise<readonly number[]> {
  const redis = await startRedis();
  const machines = Array.from({ length: processes }, () => startMachine({ work: 'quota', port: redis.port, limit }));
  const printed = await Promise.all(machines.map(({ ended }) => ended));
  await redis.close();
  const errors = machines.map((machine) => machine.errors()).join('');
  if (errors) throw new Error(errors);
  return printed.map(Number);
}

/** What a site saw of a crawl by several processes. */
export interface CrawlProof {
  readonly pages: number;
  /** Pages that were never asked for. */
  readonly missing: number;
  readonly requests: number;
  /** The shortest rest of a host between the end of one request and the start of the next, in milliseconds. */
  readonly shortestRest: number;
  readonly errors: string;
}

/**
 * A polite crawl by some processes, which are killed again and again, like the Redis that they share: it keeps its data. The hosts of the site
 * are names for one address.
 */
export async function proveCrawl(options: {
  readonly processes: number;
  readonly hosts: number;
  readonly pagesPerHost: number;
  readonly delay: number;
  readonly kills: number;
  readonly restarts: number;
  /** Longer than a busy machine keeps a process, or Redis, from its work: who loses a lease does not know it at once. */
  readonly leaseTtl: number;
}): Promise<CrawlProof> {
  const { delay, hosts, kills, leaseTtl, pagesPerHost, processes, restarts } = options;
  const redis = await startRedis({ persistent: true });
  const seen = new Set<string>();
  const endOf = new Map<string, number>();
  let [requests, shortestRest] = [0, Number.POSITIVE_INFINITY];
  const server = createServer(({ url = '' }, response) => {
    requests++;
    const [, host = '', page] = url.split('/');
    const rest = performance.now() - (endOf.get(host) ?? Number.NEGATIVE_INFINITY);
    shortestRest = Math.min(shortestRest, Math.max(0, rest));
    // Until it ends, everything that begins comes too early.
    endOf.set(host, Number.POSITIVE_INFINITY);
    seen.add(url);
    const n = Number(page);
    const links = [2 * n + 1, 2 * n + 2].filter((link) => link < pagesPerHost);
    // Noted before anybody can know of it: what is told of connections comes late where there is much to do.
    const end = (): void => {
      endOf.set(host, performance.now());
      response.end(links.map((link) => `http://${host}/${link}\n`).join(''));
    };
    setTimeout(end, 5);
  });
  const site = await listen(server);
  const order: WorkerOrder = { work: 'crawl', port: redis.port, site, hosts, delay, leaseTtl };
  const machines = Array.from({ length: processes }, () => startMachine(order));
  const pages = hosts * pagesPerHost;
  let errors = '';
  try {
    let killed = 0;
    let restarted = 0;
    while (seen.size === 0) await sleep(10);
    // Spread over the crawl.
    while (killed < kills || restarted < restarts) {
      await sleep(20);
      const share = seen.size / pages;
      if (killed < kills && share >= (killed + 0.5) / kills) {
        const index = killed++ % processes;
        errors += machines[index]?.errors() ?? '';
        machines[index]?.child.kill('SIGKILL');
        machines[index] = startMachine(order);
      }
      if (restarted < restarts && share >= (restarted + 0.5) / (restarts + 1)) {
        restarted++;
        await redis.restart();
      }
    }
    await Promise.all(machines.map(({ ended }) => ended));
    for (const machine of machines) errors += machine.errors();
    return { pages: seen.size, missing: pages - seen.size, requests, shortestRest, errors };
  } finally {
    for (const { child } of machines) child.kill('SIGKILL');
    await close(server);
    await redis.close();
  }
}
