import { hasCode, TidewayError } from './TidewayError.ts';

/** A redirect where none may be followed: an API's answer that would carry a credential elsewhere. */
export class RedirectError extends TidewayError {
  override get code(): string {
    return 'ERR_REDIRECT';
  }

  /** The origin that it pointed to, where the runtime shows it. */
  readonly target: string | undefined;

  constructor(message: string, target?: string) {
    super(message);
    this.target = target;
  }
}

/** Whether a value is a {@link RedirectError}. */
export function isRedirectError(error: unknown): error is RedirectError {
  return hasCode(error, 'ERR_REDIRECT');
}
