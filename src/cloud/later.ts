import { loaded } from '../errors/index.ts';
import type { Connection } from '../http/index.ts';
import type { CommandNeeds, Given } from './later/command-needs.ts';
import type { Needs } from './later/needs.ts';
import { handedBy } from './needs.ts';

type Module = typeof import('./later/index.ts');
type Functions = Omit<Module, 'named'>;

/** The functions for which these needs are enough. */
export type NameFor<Known extends Needs> = {
  [Name in keyof Functions]: Functions[Name] extends (needs: infer Wanted, ...rest: never) => unknown
    ? Known extends Wanted
      ? Name
      : never
    : never;
}[keyof Functions];

/** The parameters of a function behind its first one, the needs. */
export type Rest<Name extends keyof Functions> = Functions[Name] extends (
  needs: CommandNeeds,
  ...rest: infer Args
) => unknown
  ? Args
  : never;

/** What a function resolves to. */
export type Result<Name extends keyof Functions> = Awaited<ReturnType<Functions[Name]>>;

/**
 * Calls a function of `./later`, whose code is loaded with the first of these calls: a program that only reads jobs
 * never loads it.
 *
 * @throws ConnectionError when the code cannot be as in a page that has lost its network. Nothing was done then,
 * and the next call tries again.
 */
export function later<Name extends NameFor<Needs>>(
  connection: Connection,
  name: Name,
  ...rest: Rest<Name>
): Promise<Result<Name>> {
  return call(name, rest, handedBy(connection));
}

/** The same with what the caller hands over. */
export async function call<Name extends keyof Functions>(
  name: Name,
  rest: Rest<Name>,
  handed: Given,
): Promise<Result<Name>> {
  const code = await loaded(import('./later/index.ts'));
  const run = code[name] as (needs: Needs, ...rest: readonly unknown[]) => Promise<Result<Name>>;
  return run(code.named(handed), ...rest);
}
