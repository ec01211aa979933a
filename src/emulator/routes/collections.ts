import { type Answer, dataAccepted, dataEmpty, dataJson, dataRecords } from '../answer.ts';
import {
  Collection,
  type CollectionType,
  collectionName,
  collectionRecord,
  isCollectionType,
} from '../collection-store.ts';
import { textFormat } from '../csv-format.ts';
import type { Exchange, Route } from '../exchange.ts';
import { isObject } from '../json-style.ts';
import { type KeyCursor, keySelectionOf, oneKey } from '../key-scan.ts';
import { LineSource } from '../line-source.ts';
import { ListedRecords } from '../listed-records.ts';
import { formatOf } from '../negotiation.ts';
import type { RecordFormat } from '../record-format.ts';
import { collectionKind } from '../record-kinds.ts';
import { type Conditions, conditionsOf, meets } from '../record-selection.ts';
import { RecordView } from '../record-view.ts';
import { Refusal } from '../refusal.ts';
import { parseLines } from '../request-body.ts';
import { textsOf } from '../text-lines.ts';

interface Address {
  readonly type: CollectionType;
  readonly name: string;
}

function checkName(name: string): string {
  if (!collectionName.test(name)) throw new Refusal(400, `Invalid collection name: ${name.slice(0, 100)}`);
  return name;
}

function addressOf(exchange: Exchange): Address {
  const type = exchange.param('type');
  if (!isCollectionType(type)) throw new Refusal(400, `Unknown collection type: ${type.slice(0, 100)}`);
  return { type, name: checkName(exchange.param('name')) };
}

/** The collection that the path names; an empty one where it does not exist. */
function collectionOf(exchange: Exchange): Collection {
  const { type, name } = addressOf(exchange);
  return exchange.project.collections.find(type, name) ?? new Collection(type, name);
}

function list(exchange: Exchange): Answer {
  const lines = exchange.project.collections.all.map(({ type, name }) => JSON.stringify({ type, name }));
  return dataRecords('application/x-jsonlines; charset=UTF-8', new LineSource(lines.join('\n')));
}

async function write(exchange: Exchange): Promise<Answer> {
  const { project, world } = exchange;
  const { type, name } = addressOf(exchange);
  const lines = parseLines(await exchange.text());
  const records = lines.map(({ value, text }) => collectionRecord(value, text));
  const collection = project.collections.open(type, name);
  const time = world.clock.mark();
  for (const record of records) collection.set(record, time);
  return dataEmpty();
}

function answerRecords(cursor: KeyCursor, conditions: Conditions, format: RecordFormat): Answer {
  return dataRecords(format.contentType, new ListedRecords(cursor, conditions, format));
}

function formatFor(exchange: Exchange, conditions: Conditions): RecordFormat {
  return formatOf(collectionKind, conditions, exchange.query, exchange.request.headers.get('accept'));
}

function scan(exchange: Exchange): Answer {
  const conditions = conditionsOf(exchange.query);
  const selection = keySelectionOf(exchange.query);
  const cursor = collectionOf(exchange).cursor(selection, exchange.world.clock.now(), conditions);
  return answerRecords(cursor, conditions, formatFor(exchange, conditions));
}

/** Refuses a key that the collection does not have. */
function cursorOfKey(exchange: Exchange, conditions: Conditions): KeyCursor {
  const collection = collectionOf(exchange);
  const key = exchange.param('key');
  const now = exchange.world.clock.now();
  if (collection.get(key, now) === undefined) throw new Refusal(404, 'Not Found');
  return collection.cursor(oneKey(key), now, conditions);
}

function read(exchange: Exchange): Answer {
  const conditions = conditionsOf(exchange.query);
  return answerRecords(cursorOfKey(exchange, conditions), conditions, formatFor(exchange, conditions));
}

function readField(exchange: Exchange): Answer {
  const conditions = conditionsOf(exchange.query);
  const field = exchange.param('field');
  const cursor = cursorOfKey(exchange, conditions);
  const view = new RecordView();
  if (!cursor.next(view) || !isObject(view.value) || !Object.hasOwn(view.value, field)) {
    throw new Refusal(404, 'Not Found');
  }
  const fields = new URLSearchParams({ fields: field });
  const format = textFormat(collectionKind, fields, 'text/plain; charset=UTF-8');
  return answerRecords(cursorOfKey(exchange, conditions), conditions, format);
}

/** Looks at the records that a request selects, up to the bound of one call, and tells where the next goes on. */
function walk(exchange: Exchange, visit: (key: string) => void): { readonly scanned: number; nextstart?: string } {
  const conditions = conditionsOf(exchange.query);
  const selection = keySelectionOf(exchange.query);
  const cursor = collectionOf(exchange).cursor(selection, exchange.world.clock.now(), conditions);
  const view = new RecordView();
  let scanned = 0;
  for (let met = 0; met < conditions.count && cursor.next(view); scanned += 1) {
    if (scanned === exchange.countScanLimit) return { scanned, nextstart: view.key };
    if (!meets(conditions, view)) continue;
    met += 1;
    cursor.taken();
    visit(view.key);
  }
  return { scanned };
}

function count(exchange: Exchange): Answer {
  let met = 0;
  const { scanned, ...more } = walk(exchange, () => {
    met += 1;
  });
  return dataJson({ ...more, count: met, scanned });
}

function removeMany(exchange: Exchange): Answer {
  const collection = collectionOf(exchange);
  let deleted = 0;
  const { scanned, ...more } = walk(exchange, (key) => {
    collection.delete(key);
    deleted += 1;
  });
  return dataJson({ ...more, deleted, scanned });
}

// Deleting what is not there is no error.
async function removeListed(exchange: Exchange): Promise<Answer> {
  const keys = textsOf(await exchange.text(), 'key');
  const collection = collectionOf(exchange);
  for (const key of keys) collection.delete(key);
  return dataEmpty();
}

function remove(exchange: Exchange): Answer {
  collectionOf(exchange).delete(exchange.param('key'));
  return dataEmpty();
}

function drop(exchange: Exchange): Answer {
  const { project, query } = exchange;
  const name = checkName(query.get('name') ?? '');
  project.collections.drop(name);
  return dataAccepted({ status: 'success', deleted: name });
}

const project = 'collections/:project';
const collection = `${project}/:type/:name`;
const shared = { backend: 'data' } as const;

/** Collections of four types. A key `count` cannot be read by itself: its path is that of the count. */
export const collectionRoutes: readonly Route[] = [
  { ...shared, method: 'GET', path: `${project}/list`, handler: list },
  { ...shared, method: 'POST', path: `${project}/delete`, handler: drop },
  { ...shared, method: 'POST', path: collection, handler: write },
  { ...shared, method: 'GET', path: collection, handler: scan },
  { ...shared, method: 'DELETE', path: collection, handler: removeMany },
  { ...shared, method: 'GET', path: `${collection}/count`, handler: count },
  { ...shared, method: 'POST', path: `${collection}/deleted`, handler: removeListed },
  { ...shared, method: 'GET', path: `${collection}/:key`, handler: read },
  { ...shared, method: 'DELETE', path: `${collection}/:key`, handler: remove },
  { ...shared, method: 'GET', path: `${collection}/:key/:field`, handler: readField },
];
