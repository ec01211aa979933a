import { admitted } from './admitted.ts';
import { afterAnswer, afterFailure } from './after.ts';
import { askCache } from './ask-cache.ts';
import { checkPublic } from './check-public.ts';
import { handOver } from './hand-over.ts';
import { runHooked } from './hook-calls.ts';
import { Mapping } from './mapping.ts';
import type { Needs } from './needs.ts';
import { rest } from './rest.ts';

/** The functions, which know what they need. */
export interface Later {
  readonly admitted: Bound<typeof admitted>;
  readonly afterAnswer: Bound<typeof afterAnswer>;
  readonly afterFailure: Bound<typeof afterFailure>;
  readonly askCache: Bound<typeof askCache>;
  readonly checkPublic: Bound<typeof checkPublic>;
  readonly mapping: (...rest: ConstructorArguments) => Mapping;
  readonly rest: Bound<typeof rest>;
  readonly handOver: typeof handOver;
  readonly runHooked: Bound<typeof runHooked>;
}

/** What a mapping is made of, beside what it needs. */
type ConstructorArguments = ConstructorParameters<typeof Mapping> extends [Needs, ...infer Args] ? Args : never;

/** A function without its first parameter. */
type Bound<F> = F extends (needs: Needs, ...rest: infer Args) => infer Result ? (...rest: Args) => Result : never;

/** Hands over what is part of the code that is there from the start. */
export function functions(needs: Needs): Later {
  return {
    admitted: (...rest) => admitted(needs, ...rest),
    afterAnswer: (...rest) => afterAnswer(needs, ...rest),
    afterFailure: (...rest) => afterFailure(needs, ...rest),
    askCache: (...rest) => askCache(needs, ...rest),
    checkPublic: (...rest) => checkPublic(needs, ...rest),
    mapping: (...rest) => new Mapping(needs, ...rest),
    rest: (...given) => rest(needs, ...given),
    runHooked: (...rest) => runHooked(needs, ...rest),
    handOver,
  };
}
