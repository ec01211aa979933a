import { expected } from '../errors/index.ts';

/** Text that is not empty, and that UTF-8 can hold. */
export function checkText(name: string, text: unknown): string {
  if (typeof text === 'string' && /^\P{Cs}+$/u.test(text)) return text;
  return expected(`\`${name}\` to be text that is not empty`, text);
}
