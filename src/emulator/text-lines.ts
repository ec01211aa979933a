import { Refusal } from './refusal.ts';
import { parseLines } from './request-body.ts';

/** The texts of a body that has one a line, or arrays of them. `name`: what they are. */
export function textsOf(body: string, name: string): string[] {
  const texts: string[] = [];
  for (const { value } of parseLines(body)) {
    for (const text of Array.isArray(value) ? value : [value]) {
      if (typeof text !== 'string') throw new Refusal(400, `Error parsing data, a ${name} must be a string`);
      texts.push(text);
    }
  }
  return texts;
}
