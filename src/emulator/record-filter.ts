import { isObject } from './json-style.ts';
import { parseJson } from './parse-json.ts';
import type { RecordView } from './record-view.ts';
import { Refusal } from './refusal.ts';

type Test = (value: unknown, values: readonly unknown[]) => boolean;

/** A condition on a record: does it belong to the answer? */
export type RecordFilter = (record: RecordView) => boolean;

function equal(left: unknown, right: unknown): boolean {
  return (
    left === right || (typeof left === 'object' && left !== null && JSON.stringify(left) === JSON.stringify(right))
  );
}

// Numbers with numbers and texts with texts; anything else has no order.
function compares(value: unknown, values: readonly unknown[], test: (order: number) => boolean): boolean {
  return values.some((other) => {
    if (typeof value === 'number' && typeof other === 'number') return test(value - other);
    if (typeof value === 'string' && typeof other === 'string') return test(value < other ? -1 : value > other ? 1 : 0);
    return false;
  });
}

function containsText(value: unknown, values: readonly unknown[], fold: (text: string) => string): boolean {
  return (
    typeof value === 'string' && values.some((part) => typeof part === 'string' && fold(value).includes(fold(part)))
  );
}

const tests: Readonly<Record<string, Test>> = {
  '=': (value, values) => values.some((other) => equal(value, other)),
  '!=': (value, values) => !values.some((other) => equal(value, other)),
  '<': (value, values) => compares(value, values, (order) => order < 0),
  '<=': (value, values) => compares(value, values, (order) => order <= 0),
  '>': (value, values) => compares(value, values, (order) => order > 0),
  '>=': (value, values) => compares(value, values, (order) => order >= 0),
  contains: (value, values) => containsText(value, values, (text) => text),
  icontains: (value, values) => containsText(value, values, (text) => text.toLowerCase()),
  haselement: (value, values) =>
    Array.isArray(value) && values.some((other) => value.some((entry) => equal(entry, other))),
  hasnotelement: (value, values) =>
    Array.isArray(value) && !values.some((other) => value.some((entry) => equal(entry, other))),
  matches: (value, values) =>
    typeof value === 'string' &&
    values.some((pattern) => typeof pattern === 'string' && new RegExp(pattern).test(value)),
  exists: () => true,
};

function fieldOf(record: RecordView, field: string): unknown {
  if (field === '_key') return record.key;
  if (field === '_ts') return record.time;
  const { value } = record;
  return isObject(value) && Object.hasOwn(value, field) ? value[field] : undefined;
}

function refuse(text: string): never {
  throw new Refusal(400, `Invalid filter, expected ["field", "operator", [values]]: ${text.slice(0, 200)}`);
}

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    return refuse(text);
  }
}

/** The condition that the text of one `filter` parameter states. A record that lacks the field does not match. */
export function recordFilter(text: string): RecordFilter {
  const parsed = parse(text);
  if (!Array.isArray(parsed) || parsed.length < 2 || parsed.length > 3) return refuse(text);
  const [field, operator, given = []]: unknown[] = parsed;
  if (typeof field !== 'string' || typeof operator !== 'string') return refuse(text);
  const values: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (operator === 'notexists') return (record) => fieldOf(record, field) === undefined;
  const test = Object.hasOwn(tests, operator) ? tests[operator] : undefined;
  if (test === undefined) throw new Refusal(400, `Invalid filter, unknown operator: ${operator.slice(0, 100)}`);
  if (operator === 'matches') for (const pattern of values) checkPattern(pattern, text);
  return (record) => {
    const value = fieldOf(record, field);
    return value !== undefined && test(value, values);
  };
}

function checkPattern(pattern: unknown, text: string): void {
  try {
    new RegExp(String(pattern));
  } catch {
    refuse(text);
  }
}
