import { checkDuration, checkInteger, checkType } from './check.ts';

/** What an option must be where it is given: an integer from a minimum up, milliseconds, or a value of a type. */
export type OptionKind = number | 'duration' | Parameters<typeof checkType>[2];

/** Checks options by what each must be. `prefix` stands before their names in messages. */
export function checkEach<Options extends object>(
  options: Options,
  kinds: { readonly [Name in keyof Options]?: OptionKind },
  prefix: string = '',
): void {
  for (const [key, kind] of Object.entries(kinds) as [keyof Options & string, OptionKind][]) {
    const name = prefix + key;
    const value = options[key];
    if (typeof kind === 'number') checkInteger(name, value, kind);
    else if (kind === 'duration') checkDuration(name, value);
    else checkType(name, value, kind);
  }
}
