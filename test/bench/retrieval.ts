import type { FetchingOrder, FetchingResult } from './fetching.ts';
import type { HeadlineOrder, HeadlineResult } from './headline.ts';
import type { MappingOrder, MappingResult } from './mapping.ts';
import type { Bench } from './part.ts';
import type { PressureOrder, PressureResult } from './pressure.ts';
import { startRepeater, startSaggingServer, startSmallServer } from './processes.ts';
import { median, medianRatio } from './report.ts';
import type { SchedulingOrder, SchedulingResult } from './scheduling.ts';
import { inTurns } from './turns.ts';

/** Requests at once, and the most CPU and the least rate of a Fetcher, to bare fetch. */
const AT_ONCE = 200;
const FETCHER_CPU = 1.15;
const FETCHER_RATE = 0.97;
/** And its rate to crawlee's. */
const CRAWLEE_RATIO = 1.7;
/** What a queued task may cost of what it costs p-queue. */
const SCHEDULING_TIME = 0.35;
const SCHEDULING_MEMORY = 0.4;
/** The most that a million URLs add to the memory, in MB. */
const MEMORY = 40;
/** The most rounds for what takes long. */
const SIDE_ROUNDS = 3;
/** Rounds of the same processes, before others take their place. */
const ROUNDS_OF_A_START = 2;
const MB = 1e6;

/** Small answers: of a server that takes 20 ms for each, and as fast as they go. */
export async function fetching(bench: Bench): Promise<void> {
  const all = ['fetch', 'fetcher', 'fetcher, all queued', 'p-queue', 'p-limit', 'got', 'crawlee'] as const;
  await contest(bench, { title: '20 ms, 200 at once', path: '/late', atOnce: AT_ONCE, clients: all, hasGoals: true });
  const few = ['fetch', 'fetcher', 'fetcher, all queued', 'p-queue', 'p-limit'] as const;
  await contest(bench, { title: 'no latency, 100 at once', path: '', atOnce: 100, clients: few, hasGoals: false });
}

interface Contest {
  readonly title: string;
  readonly path: string;
  readonly atOnce: number;
  readonly clients: readonly FetchingOrder['client'][];
  readonly hasGoals: boolean;
}

async function contest({ options, report }: Bench, { atOnce, clients, hasGoals, path, title }: Contest): Promise<void> {
  const server = await startSmallServer();
  const requests = options.quick ? 500 : 10_000;
  const order = { origin: server.origin + path, requests, atOnce };
  const orders = clients.map((client): FetchingOrder => ({ ...order, client }));
  const all = await inTurns<FetchingOrder, FetchingResult>('fetching.ts', orders, {
    rounds: ROUNDS_OF_A_START,
    starts: options.rounds,
  });
  const resultsOf = (client: FetchingOrder['client']): FetchingResult[] => all[clients.indexOf(client)] ?? [];
  const of = (name: 'cpu' | 'rate', client: FetchingOrder['client']): number[] =>
    resultsOf(client).map((one) => one[name]);
  for (const client of clients) {
    const hasGoal = hasGoals && client === 'fetcher';
    report.add(`fetcher/${title}/requests a second/${client}`, median(of('rate', client)), 'requests/s');
    const ratio = (name: 'cpu' | 'rate'): number => medianRatio(of(name, client), of(name, 'fetch'));
    report.add(`fetcher/${title}/CPU to bare fetch/${client}`, ratio('cpu'), 'ratio', {
      most: hasGoal ? FETCHER_CPU : undefined,
    });
    report.add(`fetcher/${title}/rate to bare fetch/${client}`, ratio('rate'), 'ratio', {
      least: hasGoal ? FETCHER_RATE : undefined,
    });
    const wrong = resultsOf(client)
      .filter(({ bytes }) => bytes !== requests * 1000)
      .map(({ bytes }) => `${bytes} bytes`);
    report.sanity(`fetcher/${title}/${client}`, wrong);
  }
  if (hasGoals) {
    report.add(`fetcher/${title}/rate to crawlee`, medianRatio(of('rate', 'fetcher'), of('rate', 'crawlee')), 'ratio', {
      least: CRAWLEE_RATIO,
    });
  }
  server.close();
}

/** The same URLs of a server that takes its time: one after the other, many at once, from the cache. */
export async function headline({ options, report }: Bench): Promise<void> {
  const server = await startSaggingServer();
  const urls = options.quick ? 200 : 2_000;
  const order: HeadlineOrder = { origin: server.origin, urls, atOnce: AT_ONCE };
  const process = await startRepeater<HeadlineResult>('headline.ts', order);
  const { cached, many, one, right } = await process.next();
  process.close();
  server.close();
  const title = `${urls} URLs of 20 ms`;
  for (const [name, time] of Object.entries({ 'one by one': one, [`${AT_ONCE} at once`]: many, cached })) {
    report.add(`headline/${title}/${name}`, time, 'ms');
    report.add(`headline/${title}/${name}, times as fast`, one / time, 'ratio');
  }
  report.sanity('headline', right === 3 * urls ? [] : [`${right} answers in place of ${3 * urls}`]);
}

/** What following a server that sags gains, and what leaving one alone that is down. */
export async function pressure({ options, report }: Bench): Promise<void> {
  const server = await startSaggingServer();
  const urls = options.quick ? 200 : 1_000;
  const rates = {} as Record<PressureOrder['client'], number>;
  for (const client of ['fixed', 'adaptive', 'no breaker', 'breaker'] as const) {
    const order: PressureOrder = { origin: server.origin, urls, client };
    const process = await startRepeater<PressureResult>('pressure.ts', order);
    const results: PressureResult[] = [];
    for (let round = 0; round < (options.quick ? 1 : SIDE_ROUNDS); round++) results.push(await process.next());
    process.close();
    rates[client] = median(results.map(({ rate }) => rate));
    report.add(`pressure/${client}/answers a second`, rates[client], 'requests/s');
    const wrong = results.filter(({ answers }) => answers !== urls).map(({ answers }) => `${answers} answers`);
    report.sanity(`pressure/${client}`, wrong);
  }
  server.close();
  report.add('pressure/a server that sags, adaptive() to 100 at once', rates.adaptive / rates.fixed, 'ratio', {
    least: 1,
  });
  const gain = rates.breaker / rates['no breaker'];
  report.add('pressure/beside a server that is down, circuitBreaker() to none', gain, 'ratio', { least: 1 });
}

/** Tasks that do nothing. */
export async function scheduling({ options, report }: Bench): Promise<void> {
  const tasks = options.quick ? 10_000 : 300_000;
  /** By turns: the machine is not the same from one minute to the next. */
  const measure = async (orders: readonly SchedulingOrder[]): Promise<SchedulingResult[][]> => {
    const processes = await Promise.all(
      orders.map((order) => startRepeater<SchedulingResult>('scheduling.ts', order, ['--expose-gc'])),
    );
    const results = orders.map((): SchedulingResult[] => []);
    for (let round = 0; round <= options.rounds; round++) {
      for (const [index, process] of processes.entries()) {
        // Few tasks at a time are run as often as makes many: what runs seldom is not compiled.
        const times = Math.ceil(tasks / (orders[index] as SchedulingOrder).tasks);
        for (let n = 0; n < times; n++) {
          const result = await process.next();
          if (round > 0) results[index]?.push(result);
        }
      }
    }
    for (const [index, process] of processes.entries()) {
      process.close();
      const { client, hosts, tasks: count } = orders[index] as SchedulingOrder;
      const wrong = results[index]?.filter(({ done }) => done !== count).map(({ done }) => `${done} tasks done`) ?? [];
      report.sanity(`scheduling/${client}, ${count} tasks, ${hosts} hosts`, wrong);
    }
    return results;
  };
  const clients = ['p-queue', 'p-limit', 'fetcher'] as const;
  const known = await measure(clients.map((client) => ({ client, tasks, hosts: 0 })));
  for (const [index, client] of clients.entries()) {
    report.add(`scheduling/${client}/time`, median(known[index]?.map(({ time }) => time) ?? []), 'ns');
    report.add(`scheduling/${client}/memory`, median(known[index]?.map(({ bytes }) => bytes) ?? []), 'B');
  }
  for (const [what, most] of [
    ['time', SCHEDULING_TIME],
    ['bytes', SCHEDULING_MEMORY],
  ] as const) {
    const of = (client: SchedulingOrder['client']): number[] =>
      known[clients.indexOf(client)]?.map((one) => one[what]) ?? [];
    report.add(`scheduling/to p-queue/${what}`, medianRatio(of('fetcher'), of('p-queue')), 'ratio', { most });
  }
  const lengths = options.quick ? [1_000] : [1_000, 10_000, 100_000, 1_000_000];
  const byLength = await measure(lengths.map((length) => ({ client: 'fetcher', tasks: length, hosts: 0 })));
  for (const [index, length] of lengths.entries()) {
    const time = median(byLength[index]?.map((one) => one.time) ?? []);
    report.add(`scheduling/by length/${length} tasks`, time, 'ns');
  }
  const numbers = options.quick ? [1] : [1, 1_000, 100_000];
  const byHosts = await measure(numbers.map((hosts) => ({ client: 'fetcher', tasks, hosts })));
  for (const [index, hosts] of numbers.entries()) {
    report.add(
      `scheduling/by hosts, each limited/${hosts}`,
      median(byHosts[index]?.map(({ time }) => time) ?? []),
      'ns',
    );
  }
}

/**
 * The memory of `map`. What the process holds also tells how much room the collector takes before it collects: that is
 * why a bare loop over the same stub is beside it, and the goal is for what is alive.
 */
export async function mapping({ options, report }: Bench): Promise<void> {
  const urls = options.quick ? 20_000 : 1_000_000;
  const measure = async (client: MappingOrder['client'], flags: readonly string[]): Promise<MappingResult> => {
    const process = await startRepeater<MappingResult>('mapping.ts', { client, urls } satisfies MappingOrder, flags);
    const result = await process.next();
    process.close();
    report.sanity(`map/${client}`, result.results === urls ? [] : [`${result.results} results`]);
    return result;
  };
  const { live } = await measure('fetcher', ['--expose-gc']);
  report.add(`map/${urls} URLs/growth of what is alive`, live / MB, 'MB', { most: MEMORY });
  for (const client of ['fetcher', 'fetch'] as const) {
    const { peak } = await measure(client, []);
    report.add(`map/${urls} URLs/growth of the process/${client}`, peak / MB, 'MB');
  }
}
