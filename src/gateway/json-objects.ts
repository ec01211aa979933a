import { Refusal } from './refusal.ts';

/** Objects and lists within each other: no command of the server's has more than a few. */
const MAX_DEPTH = 100;

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The JSON values of a body: one value, or one a line.
 *
 * @throws Refusal for what is not JSON, or is too deep, and for names that come twice in an object: servers differ in which of the two
 * counts.
 */
export function jsonValues(text: string): unknown[] {
  if (text.trim() === '') return [];
  const whole = parsed(text);
  if (whole !== undefined) return [whole];
  return text.split('\n').flatMap((line) => {
    if (line.trim() === '') return [];
    const value = parsed(line);
    if (value === undefined) throw new Refusal(400, 'Expected a body of JSON');
    return [value];
  });
}

/** Whether a value is an object, and no list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parsed(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  refuseTwins(text);
  return value;
}

/** Looks at the names of all objects in a text that is known to be JSON. */
function refuseTwins(text: string): void {
  const open: Set<string>[] = [];
  let name = '';
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]/g)) {
    if (token === '{' || token === '[') {
      if (open.push(new Set()) > MAX_DEPTH) throw new Refusal(400, `Expected JSON of at most ${MAX_DEPTH} levels`);
    } else if (token === '}' || token === ']') open.pop();
    else if (token !== ':') name = token;
    else {
      const names = open.at(-1);
      const decoded = JSON.parse(name) as string;
      if (names?.has(decoded)) throw new Refusal(400, 'A name comes twice in an object of the body');
      names?.add(decoded);
    }
  }
}
