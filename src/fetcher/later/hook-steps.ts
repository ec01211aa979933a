import type { FetchInit } from '../fetch-init.ts';

/** What a hook decided. */
export type Directive =
  | { readonly kind: 'skip' }
  | { readonly kind: 'retry'; readonly init: FetchInit }
  | { readonly kind: 'redirect'; readonly url: string };

/** The hooks of a task, as its requests call them. */
export interface HookSteps {
  /** Tells of a request to come; whether it shall be another one. */
  beforeRequest(url: string): Promise<boolean>;
  /** Tells of an answer. */
  onAnswer(response: Response): Promise<Directive | undefined>;
  /** Does what a hook decided; whether there was anything to do. */
  obey(directive: Directive | undefined): boolean;
}
