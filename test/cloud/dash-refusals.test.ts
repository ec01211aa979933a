import { inspect } from 'node:util';
import { type ApiError, BadRequestError, ScrapyCloud, UnauthorizedError } from 'tideway';
import { describe, expect, it } from 'vitest';
import { rejection } from '../helpers/rejection.ts';

const KEY = '0123456789abcdef0123456789abcdef';

function answering(body: object): ScrapyCloud {
  return new ScrapyCloud({ auth: KEY, fetch: async () => new Response(JSON.stringify(body)) });
}

describe('A refusal of the dash API that comes with status 200', () => {
  it('is a BadRequestError with its reason, request id and body', async () => {
    const cloud = answering({ status: 'error', message: 'no such project' });
    const error = (await rejection(cloud.projects.list())) as ApiError;
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ status: 400, reason: 'no such project', method: 'GET' });
    expect(error.requestId).toMatch(/^\w+$/);
    expect(error.body).toContain('no such project');
  });

  it('is an UnauthorizedError when it is about the credential', async () => {
    const cloud = answering({ status: 'error', message: 'Authentication failed' });
    expect(await rejection(cloud.projects.list())).toBeInstanceOf(UnauthorizedError);
  });

  it('shows no credential that it echoes', async () => {
    const cloud = answering({ status: 'error', message: `the key ${KEY} of ?apikey=${KEY} is unknown` });
    const error = (await rejection(cloud.projects.list())) as ApiError;
    for (const text of [error.message, error.body, inspect(error), JSON.stringify(error)]) {
      expect(text).not.toContain(KEY);
    }
    expect(error.reason).toContain('the key [redacted]');
  });

  it('is cut to a length that a line can hold', async () => {
    const cloud = answering({ status: 'error', message: 'x'.repeat(1_000_000) });
    const error = (await rejection(cloud.projects.list())) as ApiError;
    expect(error.reason).toHaveLength(200);
    expect(error.body?.length).toBeLessThanOrEqual(64 * 1024);
  });
});

describe('What cannot be a segment of a path', () => {
  it.each([[undefined], [null], [{}], [Symbol.iterator]])('is refused: %s', async (field) => {
    const job = answering({}).getJob('1/2/3');
    await expect(async () => job.metadata.get(field as unknown as string)).rejects.toThrow(
      'Expected a segment of a path',
    );
  });
});
