import { type Answer, dataJson, dataNothing, dataRecords } from '../answer.ts';
import type { Exchange, Route } from '../exchange.ts';
import { FrontierSlot, frontierRequest } from '../frontier-store.ts';
import { jsonLinesFormat } from '../jsonlines-format.ts';
import { keySelectionOf } from '../key-scan.ts';
import { ListedRecords, type RecordCursor } from '../listed-records.ts';
import { integerParameter } from '../query.ts';
import { fingerprintKind } from '../record-kinds.ts';
import { conditionsOf } from '../record-selection.ts';
import { parseLines } from '../request-body.ts';
import { textsOf } from '../text-lines.ts';

/** The slot that the path names; an empty one where it does not exist. */
function slotOf(exchange: Exchange): FrontierSlot {
  const { frontiers } = exchange.project;
  return frontiers.find(exchange.param('frontier'), exchange.param('slot')) ?? new FrontierSlot();
}

async function add(exchange: Exchange): Promise<Answer> {
  const { project, world } = exchange;
  const lines = parseLines(await exchange.text());
  const requests = lines.map(({ value, text }) => frontierRequest(value, text));
  if (requests.length === 0) return dataJson({ newcount: 0 });
  const slot = project.frontiers.open(exchange.param('frontier'), exchange.param('slot'));
  return dataJson({ newcount: slot.add(requests, world.clock.mark()) });
}

function answerLines(exchange: Exchange, cursor: RecordCursor): Answer {
  const conditions = conditionsOf(exchange.query);
  const format = jsonLinesFormat(fingerprintKind, { ...conditions, withKey: false, withTime: false, metaOnly: false });
  return dataRecords(format.contentType, new ListedRecords(cursor, conditions, format));
}

// What is read stays in the queue until it is deleted.
function readQueue(exchange: Exchange): Answer {
  const minimum = integerParameter(exchange.query, 'mincount') ?? Number.POSITIVE_INFINITY;
  const answer = answerLines(exchange, slotOf(exchange).batches(minimum));
  return { ...answer, headers: { ...answer.headers, vary: 'Accept-Encoding, User-Agent' } };
}

function readFingerprints(exchange: Exchange): Answer {
  return answerLines(exchange, slotOf(exchange).fingerprints(keySelectionOf(exchange.query)));
}

async function deleteBatches(exchange: Exchange): Promise<Answer> {
  const ids = textsOf(await exchange.text(), 'batch id');
  const slot = slotOf(exchange);
  for (const id of ids) slot.deleteBatch(id);
  return dataNothing();
}

// Deleting what is not there is no error.
function drop(exchange: Exchange): Answer {
  exchange.project.frontiers.drop(exchange.param('frontier'), exchange.param('slot'));
  return dataNothing();
}

const frontier = 'hcf/:project/:frontier';
const slot = `${frontier}/s/:slot`;
const shared = { backend: 'data' } as const;

/** Frontiers: queues of requests that are never asked for twice. */
export const frontierRoutes: readonly Route[] = [
  {
    ...shared,
    method: 'GET',
    path: 'hcf/:project/list',
    handler: (exchange) => dataJson(exchange.project.frontiers.names),
  },
  {
    ...shared,
    method: 'GET',
    path: `${frontier}/list`,
    handler: (exchange) => dataJson(exchange.project.frontiers.slotNames(exchange.param('frontier'))),
  },
  { ...shared, method: 'POST', path: slot, handler: add },
  { ...shared, method: 'DELETE', path: slot, handler: drop },
  { ...shared, method: 'GET', path: `${slot}/q`, handler: readQueue },
  { ...shared, method: 'POST', path: `${slot}/q/deleted`, handler: deleteBatches },
  {
    ...shared,
    method: 'GET',
    path: `${slot}/q/count`,
    handler: (exchange) => dataJson({ count: slotOf(exchange).queued }),
  },
  { ...shared, method: 'GET', path: `${slot}/f`, handler: readFingerprints },
];
