import { Refusal } from './refusal.ts';

/** How deep arrays and objects may lie in one another: what goes through them one by one must come to an end. */
export const maxNesting = 1000;

const quote = 34;
const backslash = 92;

/** Parses JSON. Throws a `SyntaxError` where it is none, and a `Refusal` where it is nested too deeply. */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (text.length > 2 * maxNesting) checkNesting(text);
  return value;
}

function checkNesting(text: string): void {
  let depth = 0;
  let isString = false;
  for (let position = 0; position < text.length; position += 1) {
    const code = text.charCodeAt(position);
    if (isString && code === backslash) position += 1;
    else if (code === quote) isString = !isString;
    else if (isString) continue;
    // `[` and `{`, `]` and `}` differ from one another in one bit.
    else if ((code | 32) === 125) depth -= 1;
    else if ((code | 32) === 123) {
      depth += 1;
      if (depth > maxNesting) throw new Refusal(400, `Error parsing data, nested more than ${maxNesting} levels deep`);
    }
  }
}
