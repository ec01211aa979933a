import { type Answer, dashJson } from '../answer.ts';
import type { Comment } from '../comments.ts';
import { dashTime } from '../dash-time.ts';
import type { Exchange, Route } from '../exchange.ts';
import { formOf, requiredField } from '../form.ts';
import { Refusal } from '../refusal.ts';

function shown({ id, created, author, text }: Comment): Readonly<Record<string, unknown>> {
  return { id, created: dashTime(created), archived: false, author, avatar: null, text, editable: true };
}

/** `N`, or `N/FIELD`. */
function placeOf(exchange: Exchange): string {
  const { field } = exchange.params;
  const index = Number(exchange.param('index'));
  return field === undefined ? String(index) : `${index}/${field}`;
}

function stats(exchange: Exchange): Answer {
  return dashJson(exchange.world.comments.counts(exchange.project.id));
}

function readJob(exchange: Exchange): Answer {
  void exchange.project;
  const places = new Map<string, unknown[]>();
  for (const comment of exchange.world.comments.ofJob(exchange.jobKey)) {
    places.set(comment.place, [...(places.get(comment.place) ?? []), shown(comment)]);
  }
  return dashJson(Object.fromEntries(places));
}

function read(exchange: Exchange): Answer {
  void exchange.project;
  const place = placeOf(exchange);
  const comments = exchange.world.comments.ofJob(exchange.jobKey).filter((comment) => comment.place === place);
  return dashJson(comments.map(shown));
}

async function add(exchange: Exchange): Promise<Answer> {
  const { project, world, jobKey } = exchange;
  if (project.job(jobKey) === undefined) throw new Refusal(404, `Job ${jobKey} does not exist`);
  const text = requiredField(await formOf(exchange), 'text');
  const created = world.clock.now();
  return dashJson(
    shown(world.comments.add({ job: jobKey, place: placeOf(exchange), author: world.user, created, text })),
  );
}

function commentOf(exchange: Exchange): Comment {
  const comment = exchange.world.comments.find(Number(exchange.param('index')));
  if (comment === undefined) throw new Refusal(404, `Comment ${exchange.param('index')} does not exist`);
  return comment;
}

async function change(exchange: Exchange): Promise<Answer> {
  const comment = commentOf(exchange);
  comment.text = requiredField(await formOf(exchange), 'text');
  return dashJson(shown(comment));
}

function remove(exchange: Exchange): Answer {
  const comment = commentOf(exchange);
  exchange.world.comments.delete(comment.id);
  return dashJson({ ...shown(comment), archived: true });
}

const job = 'comments/:project/:spider/:job';
const shared = { backend: 'dash' } as const;

/** Dash: comments on items. */
export const commentRoutes: readonly Route[] = [
  { ...shared, method: 'GET', path: 'comments/:project/stats', handler: stats },
  { ...shared, method: 'GET', path: job, handler: readJob },
  { ...shared, method: 'GET', path: `${job}/:index`, handler: read },
  { ...shared, method: 'POST', path: `${job}/:index`, handler: add },
  { ...shared, method: 'GET', path: `${job}/:index/:field`, handler: read },
  { ...shared, method: 'POST', path: `${job}/:index/:field`, handler: add },
  { ...shared, method: 'PUT', path: 'comments/:index', handler: change },
  { ...shared, method: 'DELETE', path: 'comments/:index', handler: remove },
];
