import { type Answer, dashJson } from '../answer.ts';
import { dashTime } from '../dash-time.ts';
import type { Exchange, Route } from '../exchange.ts';
import { isObject } from '../json-style.ts';
import { parseValue } from '../request-body.ts';
import type { Spider } from '../spider.ts';
import { changeTags } from '../tags.ts';

function shown(spider: Spider): Readonly<Record<string, unknown>> {
  return {
    id: spider.id,
    name: spider.name,
    tags: spider.tags,
    jobq_id: spider.id,
    type: spider.type,
    archived: false,
    deleted: false,
    version: spider.version,
    settings: {},
    stats: {},
    created_at: dashTime(spider.created),
    modified_at: dashTime(spider.modified),
    project: { id: spider.project, name: String(spider.project) },
  };
}

function found(exchange: Exchange): Spider | undefined {
  const spider = exchange.project.spiderOf(Number(exchange.param('spider')));
  return spider?.isRegistered ? spider : undefined;
}

const notFound: Answer = dashJson({ detail: 'Not found.' }, 404);

function read(exchange: Exchange): Answer {
  const spider = found(exchange);
  return spider === undefined ? notFound : dashJson(shown(spider));
}

function texts(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string') ? value : undefined;
}

function invalid(message: string): Answer {
  return dashJson({ non_field_errors: [message] }, 400);
}

async function changeSpiderTags(exchange: Exchange): Promise<Answer> {
  const spider = found(exchange);
  if (spider === undefined) return notFound;
  const body = parseValue(await exchange.text());
  if (!isObject(body)) return invalid('Expected a JSON object.');
  const add = texts(body.add);
  const remove = texts(body.remove);
  if (add === undefined || remove === undefined) return invalid('"add" and "remove" must be lists of strings.');
  if (add.length + remove.length === 0) {
    return invalid('At least one of "add" or "remove" arguments must not be empty');
  }
  spider.tags = changeTags(spider.tags, add, remove);
  spider.modified = exchange.world.clock.now();
  return dashJson(shown(spider));
}

function currentUser(exchange: Exchange): Answer {
  return dashJson({ username: exchange.world.user });
}

/** The newer calls of dash: a spider with its tags, and whether a key is valid. */
export const dashV2Routes: readonly Route[] = [
  { method: 'GET', path: 'v2/projects/:project/spiders/:spider', backend: 'dash', handler: read },
  { method: 'PATCH', path: 'v2/projects/:project/spiders/:spider/tags', backend: 'dash', handler: changeSpiderTags },
  { method: 'GET', path: 'v2/users/me', backend: 'dash', handler: currentUser },
];
