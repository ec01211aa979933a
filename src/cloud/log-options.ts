import { expected } from '../errors/index.ts';
import type { ReadOptions } from './read-options.ts';

/** The levels of a log by name. `SILENT` is above all of them. */
const LEVELS = { DEBUG: 10, INFO: 20, WARNING: 30, ERROR: 40, CRITICAL: 50, SILENT: 51 } as const;

/** A level of a log, by name or number. */
export type LogLevel = keyof typeof LEVELS | number;

/** How a log is read. */
export interface LogReadOptions extends ReadOptions {
  /** Only lines of this level and above. */
  readonly level?: LogLevel;
}

/** How a line is logged. */
export interface LogOptions {
  /** @default 'INFO' */
  readonly level?: LogLevel;
  /** Milliseconds since the epoch. @default now */
  readonly ts?: number | Date;
}

/** A line to store. */
export interface LogInput extends LogOptions {
  readonly message: string;
}

/** The number of a level. */
export function levelNumber(level: unknown): number {
  if (Number.isSafeInteger(level)) return level as number;
  if (typeof level === 'string' && Object.hasOwn(LEVELS, level)) return LEVELS[level as keyof typeof LEVELS];
  expected(`\`level\` to be one of ${Object.keys(LEVELS).join(', ')} or an integer`, level);
}
