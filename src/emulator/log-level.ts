import { Refusal } from './refusal.ts';

const levels: Readonly<Record<string, number>> = {
  DEBUG: 10,
  INFO: 20,
  WARNING: 30,
  ERROR: 40,
  CRITICAL: 50,
  SILENT: 51,
};

/** The number of a level of logs that is given as its name or as a number. */
export function levelNumber(level: string): number {
  const name = level.toUpperCase();
  const number = Object.hasOwn(levels, name) ? levels[name] : /^\d{1,3}$/.test(level) ? Number(level) : undefined;
  if (number === undefined) throw new Refusal(400, `Unknown level: ${level.slice(0, 100)}`);
  return number;
}
