import { type Answer, dataRecords } from '../answer.ts';
import { encoder } from '../bytes.ts';
import { fieldText } from '../csv-format.ts';
import { dashTime } from '../dash-time.ts';
import type { Exchange, Route } from '../exchange.ts';
import { requiredField } from '../form.ts';
import type { Job } from '../job.ts';
import { newestFirst } from '../job-filter.ts';
import { levelNumber } from '../log-level.ts';
import { formatOf } from '../negotiation.ts';
import { integerParameter } from '../query.ts';
import { recordFilter } from '../record-filter.ts';
import type { RecordFormat } from '../record-format.ts';
import { keyParts } from '../record-key.ts';
import { recordKinds } from '../record-kinds.ts';
import { type Selection, selectionOf } from '../record-selection.ts';
import type { RecordView } from '../record-view.ts';
import { Refusal } from '../refusal.ts';
import type { ResourceName } from '../resource.ts';
import { SelectedRecords } from '../selected-records.ts';

/** The job that is named, or the last one of a spider that is finished. */
function jobOf(exchange: Exchange): Job {
  const { query } = exchange;
  const project = exchange.projectOf(requiredField(query, 'project'));
  const key = query.get('job');
  const spider = key === null ? requiredField(query, 'spider') : undefined;
  const job =
    key !== null
      ? project.job(key)
      : newestFirst(project.jobs).find((candidate) => candidate.isIn('finished') && candidate.spider.name === spider);
  if (job === undefined) throw new Refusal(404, `${key ?? `A finished job of ${spider}`} does not exist`.slice(0, 300));
  return job;
}

function answerRecords(
  exchange: Exchange,
  name: ResourceName,
  formatFor: (selection: Selection) => RecordFormat,
): Answer {
  const job = jobOf(exchange);
  const query = new URLSearchParams(exchange.query);
  const offset = integerParameter(query, 'offset') ?? 0;
  const from = [...(keyParts(job.key) ?? []), offset];
  const level = name === 'logs' ? query.get('level') : null;
  const filters = level === null ? [] : [recordFilter(JSON.stringify(['level', '>=', [levelNumber(level)]]))];
  const selection: Selection = { ...selectionOf(query), from, filters };
  const format = formatFor(selection);
  const records = exchange.world.dataUnder(name, keyParts(job.key) ?? []);
  return dataRecords(format.contentType, new SelectedRecords(records, selection, format));
}

function items(format: string): Route['handler'] {
  return (exchange) => {
    const query = new URLSearchParams(exchange.query);
    query.set('format', format);
    return answerRecords(exchange, 'items', (selection) => formatOf(recordKinds.items, selection, query, null));
  };
}

function logEntry(record: RecordView): string {
  const { level: logLevel, message, time } = Object(record.value);
  return JSON.stringify({ logLevel, message, time });
}

function logLine(record: RecordView): string {
  const time = dashTime(Number(fieldText(record, 'time')))?.replace('T', ' ');
  return `${time ?? '-'} ${fieldText(record, 'level')} ${fieldText(record, 'message')}`;
}

function log(frame: Omit<RecordFormat, 'write'>, show: (record: RecordView) => string): Route['handler'] {
  const format: RecordFormat = { ...frame, write: (writer, record) => writer.append(encoder.encode(show(record))) };
  return (exchange) => answerRecords(exchange, 'logs', () => format);
}

const lines = { begin: '', separator: '', terminator: '\n', end: '' } as const;
const array = { begin: '[', separator: ',', terminator: '', end: ']' } as const;
const shared = { method: 'GET', backend: 'dash' } as const;

/** Dash: the data of one job. */
export const dashDataRoutes: readonly Route[] = [
  { ...shared, path: 'items.jl', handler: items('jl') },
  { ...shared, path: 'items.json', handler: items('json') },
  { ...shared, path: 'items.csv', handler: items('csv') },
  {
    ...shared,
    path: 'log.jl',
    handler: log({ ...lines, contentType: 'application/x-jsonlines; charset=UTF-8' }, logEntry),
  },
  { ...shared, path: 'log.json', handler: log({ ...array, contentType: 'application/json' }, logEntry) },
  { ...shared, path: 'log.txt', handler: log({ ...lines, contentType: 'text/plain; charset=UTF-8' }, logLine) },
];
