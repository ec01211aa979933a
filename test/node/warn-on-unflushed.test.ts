import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { type UploadServer, uploadServer } from '../helpers/upload-server.ts';

const source = (file: string): string => new URL(`../../src/${file}`, import.meta.url).href;

/** Runs a program in a process of its own, and answers with its exit code and standard error output. */
async function run(server: UploadServer, body: string): Promise<{ code: number | null; errors: string }> {
  const program = `
    import { ScrapyCloud } from ${JSON.stringify(source('index.ts'))};
    import { warnOnUnflushed } from ${JSON.stringify(source('node/index.ts'))};
    const cloud = new ScrapyCloud({ auth: 'secret-key', endpoint: ${JSON.stringify(server.url)}, retry: { attempts: 2, backoff: 1 } });
    const { items, logs } = cloud.getJob('1/2/3');
    ${body}
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 15_000,
  });
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [errors, code] = await Promise.all([text(child.stderr), exit]);
  return { code, errors };
}

const warning = (count: number, name: string): string =>
  `tideway: ${count} records of ${name} were not stored. Await close() of the writer or the cloud.\n`;

test('Records that are lost when a process exits are warned of', async () => {
  await using server = await uploadServer();
  const { code, errors } = await run(
    server,
    `warnOnUnflushed(cloud);
     await items.write({ x: 1 });
     await items.write({ x: 2 });
     await logs.info('hello');
     process.exit(3);`,
  );
  expect(errors).toBe(warning(2, 'items of 1/2/3') + warning(1, 'logs of 1/2/3'));
  expect(code).toBe(3);
});

test('Records that could not be stored are warned of', async () => {
  await using server = await uploadServer();
  server.respond = () => ({ status: 503 });
  const { errors } = await run(
    server,
    'warnOnUnflushed(cloud); await items.write({ x: 1 }); await items.flush().catch(() => {});',
  );
  expect(errors).toBe(warning(1, 'items of 1/2/3'));
});

test('Nothing is warned of when all is stored, or when nobody asked for it', async () => {
  await using server = await uploadServer();
  const write = 'await items.write({ x: 1 });';
  expect(await run(server, `warnOnUnflushed(cloud); ${write} await cloud.close();`)).toEqual({ code: 0, errors: '' });
  expect(await run(server, `const stop = warnOnUnflushed(cloud); ${write} stop(); process.exit();`)).toEqual({
    code: 0,
    errors: '',
  });
  expect(server.records('/items/1/2/3')).toHaveLength(1);
});

test('A process that ends by itself has stored what was written', async () => {
  await using server = await uploadServer();
  const { code, errors } = await run(
    server,
    `warnOnUnflushed(cloud);
     const writer = items.writer({ interval: 100 });
     for (let x = 0; x < 10; x++) await writer.write({ x });`,
  );
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  expect(server.records('/items/1/2/3')).toHaveLength(10);
});
