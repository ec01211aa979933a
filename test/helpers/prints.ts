import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { format, inspect } from 'node:util';
import { serialize } from 'node:v8';

/** Everything that an error may look like when somebody prints, logs, copies or sends it. */
export function prints(error: unknown): string {
  const pieces: string[] = [String(error), `${error}`, JSON.stringify(error), JSON.stringify({ error }, null, 2)];
  for (const showHidden of [false, true]) {
    for (const depth of [0, 2, 20, Number.POSITIVE_INFINITY]) {
      pieces.push(inspect(error, { showHidden, depth, showProxy: true, getters: !showHidden }));
      pieces.push(inspect({ error, list: [error] }, { showHidden, depth, customInspect: false }));
    }
  }
  for (const pattern of ['%s', '%o', '%O', '%j', '%d']) pieces.push(format(pattern, error));
  pieces.push(consoles(error));
  if (error instanceof Error) {
    pieces.push(error.name, error.message, error.stack ?? '', Object.prototype.toString.call(error));
    const wrapped = new AggregateError([error], 'Several', { cause: error });
    pieces.push(inspect(wrapped, { depth: 20, showHidden: true }), wrapped.stack ?? '');
  }
  const clone = structuredClone(error);
  pieces.push(inspect(clone, { depth: 20, showHidden: true }), serialize(error).toString('latin1'));
  pieces.push(...fields(error, new Set()));
  return pieces.join('\n');
}

/** What a printer shows that calls every getter, those of the class included. */
export function calledGetters(error: unknown): string {
  return inspect(error, { showHidden: true, getters: true, depth: 20 });
}

/** What every method of a console writes. */
function consoles(error: unknown): string {
  let written = '';
  const sink = new Writable({
    write: (chunk, _encoding, done) => {
      written += String(chunk);
      done();
    },
  });
  const target = new Console({ stdout: sink, stderr: sink, colorMode: true });
  for (const method of ['log', 'error', 'warn', 'info', 'debug', 'dir', 'trace', 'dirxml', 'group'] as const) {
    target[method](error);
  }
  target.dir(error, { depth: 20, showHidden: true });
  target.table([error]);
  target.log('%o', error);
  return written;
}

/** Every own field, hidden ones and those of causes included, as loggers collect them that know no error. */
function fields(value: unknown, seen: Set<unknown>): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null || seen.has(value)) return [];
  seen.add(value);
  return Reflect.ownKeys(value).flatMap((key) => [String(key), ...fields(Reflect.get(value, key), seen)]);
}
