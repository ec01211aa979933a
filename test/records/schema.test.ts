import { type ReadOptions, type Schema, SchemaError, type SchemaIssue, type SchemaResult } from 'tideway';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { prints } from '../helpers/prints.ts';
import { readUntilError } from '../helpers/reading.ts';
import { rejection } from '../helpers/rejection.ts';
import { numbered, type StorageServer, storageServer } from '../helpers/storage-server.ts';
import { untilOver } from '../helpers/until-over.ts';
import { withoutWaits } from '../helpers/without-waits.ts';

let server: StorageServer;
beforeEach(async () => {
  server = untilOver(await storageServer());
});

interface Price {
  readonly cents: number;
}

function check(value: unknown): SchemaResult<Price> {
  const { price } = value as { price?: unknown };
  if (typeof price === 'number') return { value: { cents: price * 100 } };
  const issue: SchemaIssue = {
    message: `Expected a number, got ${JSON.stringify(value)}`,
    path: ['price', { key: 0 }],
  };
  return { issues: [issue] };
}

/** As Zod, Valibot and ArkType make them. */
const schemaOf = (validate: Schema<Price>['~standard']['validate']): Schema<Price> => ({
  '~standard': { version: 1, vendor: 'test', validate },
});
const kinds: Record<string, Schema<Price>> = {
  'at once': schemaOf(check),
  'with a promise': schemaOf(async (value) => {
    await new Promise((resolve) => setTimeout(resolve, 0));
    return check(value);
  }),
};

function store(count: number, bad: readonly number[] = []): void {
  server.data.set(
    'items/1/2/3',
    numbered(count, (number) => (bad.includes(number) ? { price: 'hunter2' } : { price: number })),
  );
}

const items = (schema: Schema<Price>, options?: ReadOptions) =>
  server
    .cloud()
    .getJob('1/2/3')
    .items.iter({ ...options, schema });

describe.each(Object.entries(kinds))('A schema that answers %s', (_name, schema) => {
  it('makes of the records what it wants, with its own type', async () => {
    store(3);
    const cents: number[] = [];
    for await (const price of items(schema)) cents.push(price.cents);
    expect(cents).toEqual([0, 100, 200]);
    expect(await server.cloud().getJob('1/2/3').items.list({ schema })).toEqual([
      { cents: 0 },
      { cents: 100 },
      { cents: 200 },
    ]);
  });

  it('is not shown the key that was not asked for', async () => {
    store(1);
    const seen: unknown[] = [];
    const watching = schemaOf((value) => {
      seen.push(value);
      return schema['~standard'].validate(value);
    });
    await items(watching).toArray();
    await items(watching, { meta: '_key' }).toArray();
    expect(seen).toEqual([{ price: 0 }, { price: 0, _key: '1/2/3/0' }]);
  });

  it('ends the read at a bad record, after the good ones before it', async () => {
    store(10, [6, 8]);
    const records = items(schema);
    const { delivered, error } = await readUntilError(records);
    expect(delivered).toEqual([0, 1, 2, 3, 4, 5].map((price) => ({ cents: price * 100 })));
    expect(error).toBeInstanceOf(SchemaError);
    expect((error as SchemaError).issues).toEqual([
      { message: 'Expected a number, got {"price":"hunter2"}', path: ['price', { key: 0 }] },
    ]);
    expect(records.progress).toMatchObject({ delivered: 6, lastKey: '1/2/3/5' });
  });

  it('ends the read at the first record, too', async () => {
    store(3, [0]);
    expect(await rejection(items(schema).toArray())).toBeInstanceOf(SchemaError);
  });

  it('shows nothing of the record in its error', async () => {
    store(1, [0]);
    const error = await rejection(items(schema).toArray());
    expect(error).toMatchObject({ code: 'ERR_SCHEMA' });
    expect(prints(error)).not.toContain('hunter2');
    expect((error as Error).message).toContain('price.0');
  });

  it('frees the socket when a record is bad', async () => {
    server.respond = () => ({ body: '{"price":1}\n{"price":"x"}\n{"pri', stallAfter: 30 });
    expect(await rejection(items(schema).toArray())).toBeInstanceOf(SchemaError);
    expect(await server.requests[0]?.ended).toBe('left');
  });

  it('checks what was resumed as well, and each record once', async () => {
    withoutWaits();
    store(8);
    server.respond = ({ repetition }) => (repetition < 3 ? { cutAfter: 70 } : undefined);
    let checked = 0;
    const counting = schemaOf((value) => {
      checked++;
      return schema['~standard'].validate(value);
    });
    expect(await items(counting).toArray()).toHaveLength(8);
    expect(checked).toBe(8);
  });

  it('checks what is read in ranges and what is followed', async () => {
    store(40);
    expect(await items(schema, { parallel: 4 }).toArray()).toHaveLength(40);
    expect(await items(schema, { follow: { interval: 5 } }).toArray()).toHaveLength(40);
    store(40, [25]);
    const { delivered, error } = await readUntilError(items(schema, { parallel: 4 }));
    expect(delivered).toHaveLength(25);
    expect(error).toBeInstanceOf(SchemaError);
  });

  it('is not asked before the first record is wanted', async () => {
    store(3);
    const validate = vi.fn(schema['~standard'].validate);
    const records = items(schemaOf(validate));
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(server.requests).toHaveLength(0);
    await records.first();
    expect(validate).toHaveBeenCalled();
  });
});

describe('A read with a schema', () => {
  it('that is left while its code is loaded asks for nothing', async () => {
    store(3);
    server.respond = () => ({ stallAfter: 5 });
    const iterator = items(schemaOf(check))[Symbol.asyncIterator]();
    const waiting = iterator.next();
    for (let turn = 0; turn < 3; turn++) await Promise.resolve();
    await iterator.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.requests).toHaveLength(0);
  });
});

describe('A schema that throws', () => {
  it('ends the read with what it threw, after the records before', async () => {
    store(5);
    const mistake = new TypeError('mine');
    const schema = schemaOf((value) => {
      if ((value as { price: number }).price === 3) throw mistake;
      return check(value);
    });
    const { delivered, error } = await readUntilError(items(schema));
    expect(error).toBe(mistake);
    expect(delivered).toHaveLength(3);
  });
});

describe('A schema of logs', () => {
  it('goes with a level', async () => {
    server.data.set(
      'logs/1/2/3',
      numbered(4, (number) => ({ time: number, level: number * 20, message: '', price: number })),
    );
    const { logs } = server.cloud().getJob('1/2/3');
    expect(await logs.list({ schema: schemaOf(check), level: 'ERROR' })).toEqual([{ cents: 200 }, { cents: 300 }]);
  });
});
