import type { CallOptions, Connection } from '../http/index.ts';
import type { Records, Schema } from '../records/index.ts';
import { encodeFilter } from './filter.ts';
import { JobData } from './job-data.ts';
import { type LogInput, type LogOptions, type LogReadOptions, levelNumber } from './log-options.ts';
import type { SchemaOptions } from './read-options.ts';
import type { Shapes } from './shapes.ts';
import type { LogRecord, Stats } from './wire.ts';

/** The log of a job. */
export class Logs extends JobData<LogRecord, LogInput> {
  constructor(connection: Connection, key: string) {
    super(connection, key, 'logs');
  }

  /** Records, in their order; `schema` checks and shapes each. */
  override iter<Output>(options: SchemaOptions<Output> & LogReadOptions): Records<Output>;
  /** Records, in their order, from a `level` on where one is given. */
  override iter<Item = LogRecord>(options?: LogReadOptions): Records<Item>;
  override iter(options: LogReadOptions & { readonly schema?: Schema } = {}): Records<unknown> {
    const { level, ...rest } = options;
    if (level === undefined) return super.iter<unknown>(rest);
    const conditions = [...encodeFilter(rest.filter), JSON.stringify(['level', '>=', [levelNumber(level)]])];
    return super.iter<unknown>({ ...rest, filter: conditions });
  }

  /** The same as an array; `schema` checks and shapes each record. */
  override list<Output>(options: SchemaOptions<Output> & LogReadOptions): Promise<Output[]>;
  /** The same as an array. */
  override list<Item = LogRecord>(options?: LogReadOptions): Promise<Item[]>;
  override async list(options: LogReadOptions & { readonly schema?: Schema } = {}): Promise<unknown[]> {
    return this.iter<unknown>(options).toArray();
  }

  /**
   * Stores a line in the background, as {@link Items.write} does. Resolves to its index when it is accepted.
   *
   * @throws as {@link RecordWriter.write}
   */
  log(message: string, options: LogOptions = {}): Promise<number> {
    return this.append({ ts: Date.now(), ...options, message });
  }

  /** {@link log} at the level DEBUG. */
  debug(message: string, options: Omit<LogOptions, 'level'> = {}): Promise<number> {
    return this.log(message, { ...options, level: 'DEBUG' });
  }

  /** {@link log} at the level INFO. */
  info(message: string, options: Omit<LogOptions, 'level'> = {}): Promise<number> {
    return this.log(message, { ...options, level: 'INFO' });
  }

  /** {@link log} at the level WARNING. */
  warning(message: string, options: Omit<LogOptions, 'level'> = {}): Promise<number> {
    return this.log(message, { ...options, level: 'WARNING' });
  }

  /** {@link log} at the level ERROR. */
  error(message: string, options: Omit<LogOptions, 'level'> = {}): Promise<number> {
    return this.log(message, { ...options, level: 'ERROR' });
  }

  protected override shape(line: LogInput, shapes: Shapes): unknown {
    return shapes.logs(line, levelNumber);
  }

  /** How many lines are stored, and how many of which level. */
  stats(options: CallOptions = {}): Promise<Stats> {
    return this.readStats(options);
  }
}
