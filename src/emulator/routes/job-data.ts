import { type Answer, dataEmpty, dataJson, dataRecords } from '../answer.ts';
import { textFormat } from '../csv-format.ts';
import type { Exchange, Route } from '../exchange.ts';
import { formatOf } from '../negotiation.ts';
import { flagParameter, integerParameter } from '../query.ts';
import type { RecordFormat } from '../record-format.ts';
import type { KeyParts } from '../record-key.ts';
import { recordKinds } from '../record-kinds.ts';
import { type Selection, selectionOf } from '../record-selection.ts';
import { Refusal } from '../refusal.ts';
import { parseLines } from '../request-body.ts';
import { type ResourceName, resourceNames } from '../resource.ts';
import { SelectedRecords } from '../selected-records.ts';

const scopeNames = ['project', 'spider', 'job'] as const;

function scopeOf(exchange: Exchange): KeyParts {
  return scopeNames.filter((name) => exchange.params[name] !== undefined).map((name) => Number(exchange.param(name)));
}

function answerRecords(exchange: Exchange, name: ResourceName, selection: Selection, format: RecordFormat): Answer {
  // Names a project that exists, or refuses.
  void exchange.project;
  const jobs = exchange.world.dataUnder(name, scopeOf(exchange));
  const answer = dataRecords(format.contentType, new SelectedRecords(jobs, selection, format));
  const file = exchange.query.get('saveas');
  if (file === null) return answer;
  // A header takes visible ASCII only.
  const safe = file.replace(/[^\x21-\x7e]/g, '_').slice(0, 200);
  return { ...answer, headers: { ...answer.headers, 'content-disposition': `Attachment; filename=${safe}` } };
}

function selectedBy(exchange: Exchange): Selection {
  const selection = selectionOf(exchange.query);
  const index = exchange.params.index;
  return index === undefined ? selection : { ...selection, indices: [Number(index)] };
}

function read(name: ResourceName): Route['handler'] {
  return (exchange) => {
    const selection = selectedBy(exchange);
    const accept = exchange.request.headers.get('accept');
    return answerRecords(exchange, name, selection, formatOf(recordKinds[name], selection, exchange.query, accept));
  };
}

function readField(name: ResourceName): Route['handler'] {
  return (exchange) => {
    const query = new URLSearchParams({ fields: exchange.param('field') });
    const format = textFormat(recordKinds[name], query, 'text/plain; charset=UTF-8');
    return answerRecords(exchange, name, selectedBy(exchange), format);
  };
}

function startOf(exchange: Exchange): number | undefined {
  const start = integerParameter(exchange.query, 'start');
  if (start !== undefined) return start;
  const range = exchange.request.headers.get('content-range');
  if (range === null) return undefined;
  const first = /^items (\d{1,15})-/.exec(range)?.[1];
  if (first === undefined) throw new Refusal(400, 'Invalid Content-Range, expected one like: items 500-/*');
  return Number(first);
}

function write(name: ResourceName): Route['handler'] {
  return async (exchange) => {
    const { world, jobKey } = exchange;
    // Names a project that exists, or refuses.
    void exchange.project;
    const start = startOf(exchange);
    const lines = parseLines(await exchange.text());
    const now = world.clock.now();
    const entries = lines.map(({ value, text }) => recordKinds[name].entry(value, text, now));
    if ((start ?? 0) + entries.length > Number.MAX_SAFE_INTEGER) throw new Refusal(400, 'Invalid start, too large');
    if (entries.length > 0) world.openData(name, jobKey).write(entries, world.clock.mark(), start);
    return dataEmpty();
  };
}

function stats(name: ResourceName): Route['handler'] {
  return (exchange) => {
    const { world, jobKey } = exchange;
    void exchange.project;
    const empty = { counts: {}, totals: { input_bytes: 0, input_values: 0 } };
    return dataJson(world.data(name, jobKey)?.stats(flagParameter(exchange.query, 'all')) ?? empty);
  };
}

function routesOf(name: ResourceName): Route[] {
  const job = `${name}/:project/:spider/:job`;
  const shared = { backend: 'data', access: 'job' } as const;
  const routes: Route[] = [
    { ...shared, method: 'POST', path: job, handler: write(name) },
    { ...shared, method: 'GET', path: job, handler: read(name) },
    { backend: 'data', method: 'GET', path: `${name}/:project`, handler: read(name) },
    { backend: 'data', method: 'GET', path: `${name}/:project/:spider`, handler: read(name) },
    { ...shared, method: 'GET', path: `${job}/:index`, handler: read(name) },
  ];
  if (recordKinds[name].stats !== undefined)
    routes.push({ ...shared, method: 'GET', path: `${job}/stats`, handler: stats(name) });
  if (name === 'items') {
    routes.push({ ...shared, method: 'GET', path: `${job}/:field`, handler: readField(name) });
    routes.push({ ...shared, method: 'GET', path: `${job}/:index/:field`, handler: readField(name) });
  }
  return routes;
}

/** Items, logs, requests and samples. */
export const jobDataRoutes: readonly Route[] = resourceNames.flatMap(routesOf);
