const brand: symbol = Symbol.for('tideway.error');

/**
 * The base of every error that tideway throws.
 *
 * Nothing that an error shows, printed in any way, holds a credential, a query string or a body.
 */
export class TidewayError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    Object.defineProperties(this, {
      // Hidden from every printer; it crosses realms and duplicated packages, where `instanceof` fails.
      [brand]: { value: true },
      // On the error itself, too: printers show and loggers copy what is there.
      code: { value: this.code, enumerable: true, configurable: true, writable: true },
      // Even where Node is told to call getters, those of errors are not: they are there to be hidden.
      [Symbol.for('nodejs.util.inspect.custom')]: {
        value: (_depth: number, options: object, inspect: (value: unknown, options: object) => string) =>
          inspect(this, { ...options, customInspect: false, getters: false }),
      },
    });
  }

  /** A stable name for programs, such as `ERR_NOT_FOUND`. The message may change, the code does not. */
  get code(): string {
    return 'ERR_TIDEWAY';
  }

  /** The name of the class, also in a minified bundle: that of `ERR_NOT_FOUND` is `NotFoundError`. */
  override get name(): string {
    // On the prototype, as the code is: the first line of the stack is made before the error has fields.
    const words = this.code.slice(3).toLowerCase();
    return `${words.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())}Error`;
  }

  /** What loggers write: name, code, message and the public fields. */
  toJSON(): Record<string, unknown> {
    return Object.assign({ name: this.name, message: this.message } as Record<string, unknown>, this);
  }
}

/** Whether a value is an error of tideway, also one of another realm or of a second copy of the package. */
export function isTidewayError(error: unknown): error is TidewayError {
  return typeof error === 'object' && error !== null && brand in error;
}

/** Whether a value is an error of tideway with this code. */
export function hasCode(error: unknown, code: string): boolean {
  return isTidewayError(error) && error.code === code;
}
