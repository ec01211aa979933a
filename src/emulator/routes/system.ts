import { dataJson, jobqJson } from '../answer.ts';
import type { Exchange, Route } from '../exchange.ts';
import { flagParameter } from '../query.ts';

function spiderId(exchange: Exchange): ReturnType<typeof jobqJson> {
  const { project, query } = exchange;
  const name = exchange.param('name');
  const spider = flagParameter(query, 'create') ? project.registerSpider(name) : project.spider(name);
  return jobqJson(String(spider?.id ?? null));
}

/** The server's time, ids of spiders, and bot groups (which only test set-ups touch). */
export const systemRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: 'system/ts',
    backend: 'data',
    access: 'anybody',
    handler: (exchange) => dataJson(exchange.world.clock.now()),
  },
  { method: 'GET', path: 'ids/:project/spider/:name', backend: 'jobq', handler: spiderId },
  { method: 'POST', path: 'botgroups/:name/max_running', backend: 'jobq', handler: () => jobqJson('null') },
  { method: 'DELETE', path: 'botgroups/:name', backend: 'jobq', handler: () => jobqJson('null') },
];
