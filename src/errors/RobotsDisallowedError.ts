import { hasCode, TidewayError } from './TidewayError.ts';

/** The site's robots.txt does not allow this URL. */
export class RobotsDisallowedError extends TidewayError {
  override get code(): string {
    return 'ERR_ROBOTS_DISALLOWED';
  }

  /** The rule that forbids it, as robots.txt has it. */
  readonly rule: string;

  /** Milliseconds until a robots.txt is asked for again that could not be read; undefined when it was read. */
  readonly retryAfter: number | undefined;

  constructor(message: string, rule: string, options?: ErrorOptions & { readonly retryAfter?: number }) {
    super(message, options);
    this.rule = rule;
    this.retryAfter = options?.retryAfter;
  }
}

/** Whether a value is a {@link RobotsDisallowedError}. */
export function isRobotsDisallowedError(error: unknown): error is RobotsDisallowedError {
  return hasCode(error, 'ERR_ROBOTS_DISALLOWED');
}
