import { type Answer, jobqJson, jobqPlain } from '../answer.ts';
import type { Exchange, Route } from '../exchange.ts';
import { isObject, pythonJson } from '../json-style.ts';
import { Refusal } from '../refusal.ts';
import { parseValue } from '../request-body.ts';

function routesOf(name: 'settings' | 'reports'): Route[] {
  const read = (exchange: Exchange): Answer => jobqJson(pythonJson(Object.fromEntries(exchange.project[name])));
  const readOne = (exchange: Exchange): Answer =>
    jobqJson(pythonJson(exchange.project[name].get(exchange.param('name'))));
  const merge = async (exchange: Exchange): Promise<Answer> => {
    const map = exchange.project[name];
    const given = parseValue(await exchange.text());
    if (!isObject(given)) throw new Refusal(400, `Error parsing data, the ${name} must be one JSON object`);
    for (const [field, value] of Object.entries(given)) map.set(field, value);
    return jobqPlain();
  };
  // Deleting what is not there is no error.
  const remove = (exchange: Exchange): Answer => {
    exchange.project[name].delete(exchange.param('name'));
    return jobqPlain();
  };
  const shared = { backend: 'jobq', path: `projects/:project/${name}` } as const;
  return [
    { ...shared, method: 'GET', handler: read },
    { ...shared, method: 'POST', handler: merge },
    { ...shared, method: 'GET', path: `${shared.path}/:name`, handler: readOne },
    { ...shared, method: 'DELETE', path: `${shared.path}/:name`, handler: remove },
  ];
}

/** The settings and the reports of projects. One value alone cannot be posted: the server has no such call. */
export const projectMapRoutes: readonly Route[] = [...routesOf('settings'), ...routesOf('reports')];
