import { ActivityCursor, type ActivityLog } from '../activity-log.ts';
import { type Answer, dataEmpty, dataRecords } from '../answer.ts';
import type { Exchange, Route } from '../exchange.ts';
import { ListedRecords } from '../listed-records.ts';
import { formatOf } from '../negotiation.ts';
import { integerParameter } from '../query.ts';
import { eventKind } from '../record-kinds.ts';
import { conditionsOf } from '../record-selection.ts';
import { checkSize } from '../record-store.ts';
import { parseLines } from '../request-body.ts';

function answerEvents(exchange: Exchange, logs: readonly ActivityLog[], countEach?: number): Answer {
  // Events have no keys.
  const withProject = exchange.query.getAll('meta').includes('_project');
  const conditions = { ...conditionsOf(exchange.query), withKey: false, withProject };
  const format = formatOf(eventKind, conditions, exchange.query, exchange.request.headers.get('accept'));
  return dataRecords(format.contentType, new ListedRecords(new ActivityCursor(logs, countEach), conditions, format));
}

function read(exchange: Exchange): Answer {
  return answerEvents(exchange, [exchange.project.activity]);
}

// Several projects together, at most `pcount` events of each.
function readMany(exchange: Exchange): Answer {
  const ids = new Set(exchange.query.getAll('p'));
  const logs = [...ids].map((id) => exchange.projectOf(id).activity);
  return answerEvents(exchange, logs, integerParameter(exchange.query, 'pcount'));
}

async function add(exchange: Exchange): Promise<Answer> {
  const { project, world } = exchange;
  const given = parseLines(await exchange.text());
  const lines = given.map(({ value, text }) => eventKind.entry(value, text, world.clock.now()).line);
  lines.forEach(checkSize);
  if (lines.length > 0) project.activity.add(lines, world.clock.mark());
  return dataEmpty();
}

/** What happened in projects. */
export const activityRoutes: readonly Route[] = [
  { method: 'GET', path: 'activity/projects', backend: 'data', handler: readMany },
  { method: 'GET', path: 'activity/:project', backend: 'data', handler: read },
  { method: 'POST', path: 'activity/:project', backend: 'data', handler: add },
];
