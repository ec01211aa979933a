import { hasCode, TidewayError } from './TidewayError.ts';

/** An argument or option that cannot work. The message names what was expected and what came. */
export class ConfigurationError extends TidewayError {
  override get code(): string {
    return 'ERR_CONFIGURATION';
  }
}

/** Whether a value is a {@link ConfigurationError}. */
export function isConfigurationError(error: unknown): error is ConfigurationError {
  return hasCode(error, 'ERR_CONFIGURATION');
}
