import { Connection, isApiError, type Logger, path } from 'tideway';
import { afterEach, expect, test, vi } from 'vitest';
import { rejection } from '../helpers/rejection.ts';
import { inTurn, startServer } from '../helpers/server.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** A logger that keeps its lines, each behind its level. */
function keeper(): { readonly logger: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  const keep =
    (level: string) =>
    (...texts: unknown[]): void => {
      lines.push([level, ...texts].join(' '));
    };
  return { lines, logger: { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') } };
}

test('Without a logger nothing is written', async () => {
  const written: unknown[] = [];
  const spy = (...values: unknown[]): void => {
    written.push(values);
  };
  for (const method of ['log', 'debug', 'info', 'warn', 'error'] as const)
    vi.spyOn(console, method).mockImplementation(spy);
  const write = (chunk: unknown): boolean => {
    written.push(chunk);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(write);
  vi.spyOn(process.stderr, 'write').mockImplementation(write);
  await using server = await startServer(inTurn(503, 404));
  await rejection(new Connection({ endpoint: server.url, retry: { backoff: 1 } }).json(path`/count`));
  vi.restoreAllMocks();
  expect(server.requests).toHaveLength(2);
  expect(written).toEqual([]);
});

test('Every try is one line, with method, path, outcome, number and the id of the request', async () => {
  await using server = await startServer(inTurn(503, 429, 200));
  const { logger, lines } = keeper();
  const ids: string[] = [];
  const connection = new Connection({
    endpoint: server.url,
    logger,
    retry: { backoff: 1 },
    hooks: {
      afterResponse: ({ requestId }) => {
        ids.push(requestId);
      },
    },
  });
  await connection.json(path`/items/${'a b'}`, { query: { filter: 'SECRET' } });
  expect(lines).toHaveLength(3);
  lines.forEach((line, index) => {
    expect(line).toContain('GET /items/a%20b');
    expect(line).toContain(String([503, 429, 200][index]));
    expect(line).toContain(`try ${index + 1}`);
    expect(line).toContain(ids[0]);
    expect(line).not.toContain('SECRET');
    expect(line).not.toContain('\n');
  });
  expect(lines.map((line) => line.split(' ')[0])).toEqual(['warn', 'warn', 'debug']);
});

test('The id of the lines is the id of the error', async () => {
  await using server = await startServer(inTurn(404));
  const { logger, lines } = keeper();
  const error = await rejection(new Connection({ endpoint: server.url, logger }).json(path`/count`));
  expect(lines).toHaveLength(1);
  expect(isApiError(error) && error.requestId).toBeTruthy();
  expect(lines[0]).toContain(isApiError(error) ? error.requestId : 'no id');
});

test('Two requests have two ids', async () => {
  await using server = await startServer(inTurn(200));
  const { logger, lines } = keeper();
  const connection = new Connection({ endpoint: server.url, logger });
  await Promise.all([connection.json(path`/count`), connection.json(path`/count`)]);
  const ids = lines.map((line) => /id (\w+)/.exec(line)?.[1]);
  expect(ids).toHaveLength(2);
  expect(new Set(ids).size).toBe(2);
});

test('A redirect is one line', async () => {
  await using server = await startServer(inTurn([302, { location: 'https://elsewhere.example/' }]));
  const { logger, lines } = keeper();
  await rejection(new Connection({ endpoint: server.url, logger }).json(path`/count`));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('GET /count 302');
});

test('A try without an answer is one line that says why', async () => {
  const { logger, lines } = keeper();
  const fetch = (): Promise<Response> => Promise.reject(new TypeError('fetch failed'));
  await rejection(new Connection({ logger, fetch, retry: { attempts: 2, backoff: 1 } }).json(path`/count`));
  expect(lines).toHaveLength(2);
  for (const line of lines) expect(line).toMatch(/^warn GET \/count ERR_CONNECTION /);
});

test('A try that takes too long is one line that says so', async () => {
  const { logger, lines } = keeper();
  const connection = new Connection({ logger, fetch: () => new Promise(() => {}), timeout: 5, retry: false });
  await rejection(connection.json(path`/count`));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^warn GET \/count ERR_TIMEOUT /);
});

test('A try that is aborted is one line', async () => {
  const { logger, lines } = keeper();
  const controller = new AbortController();
  const fetch = (): Promise<Response> => {
    controller.abort();
    return new Promise(() => {});
  };
  await rejection(new Connection({ logger, fetch }).json(path`/count`, { signal: controller.signal }));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('GET /count ');
});

test('A line holds no credential', async () => {
  const { logger, lines } = keeper();
  await using server = await startServer((response, { headers }) => {
    response
      .writeHead(500, headers.authorization, { 'x-echo': headers.authorization ?? '' })
      .end(headers.authorization);
  });
  await rejection(new Connection({ endpoint: server.url, auth: 'SECRETKEY', logger }).json(path`/count`));
  const fetch = (request: Request): Promise<Response> =>
    Promise.reject(new Error(`No way to ${request.url} with ${request.headers.get('authorization')}`));
  await rejection(new Connection({ fetch, auth: 'SECRETKEY', logger, retry: false }).json(path`/count`));
  expect(lines).toHaveLength(2);
  expect(lines.join('\n')).not.toContain('SECRETKEY');
  expect(lines.join('\n')).not.toContain(btoa('SECRETKEY:'));
});

test('`console` is a logger', async () => {
  const lines: string[] = [];
  vi.spyOn(console, 'debug').mockImplementation((line) => {
    lines.push(line);
  });
  await using server = await startServer(inTurn(200));
  await new Connection({ endpoint: server.url, logger: console }).json(path`/count`);
  expect(lines).toHaveLength(1);
});

test('A logger that is an object of a class is called as one', async () => {
  class Lines {
    readonly lines: string[] = [];
    debug(line: string): void {
      this.lines.push(line);
    }
    info(line: string): void {
      this.lines.push(line);
    }
    warn(line: string): void {
      this.lines.push(line);
    }
    error(line: string): void {
      this.lines.push(line);
    }
  }
  const logger = new Lines();
  await using server = await startServer(inTurn(503, 200));
  await new Connection({ endpoint: server.url, logger, retry: { backoff: 1 } }).json(path`/count`);
  expect(logger.lines).toHaveLength(2);
});
