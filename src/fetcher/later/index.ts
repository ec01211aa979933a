import type { Clock } from '../clock.ts';
import type { CompiledRule } from '../limit-rule.ts';
import type { Shared } from '../shared.ts';
import { type Counting, counting } from './counting.ts';
import type { Needs } from './needs.ts';
import { Works } from './works.ts';

/** What is made of the code that is loaded later. */
export interface Later {
  works(shared: Shared): Works;
  counting(rules: readonly CompiledRule[], clock: Clock): Counting;
}

/** Hands over what is part of the code that is there from the start. */
export function functions(needs: Needs): Later {
  return {
    works: (shared) => new Works(needs, shared),
    counting: (rules, clock) => counting(needs, rules, clock),
  };
}
