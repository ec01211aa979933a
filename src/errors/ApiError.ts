import type { RecordRange } from './record-range.ts';
import { isTidewayError, TidewayError } from './TidewayError.ts';

/** What is known of a refused request. */
export interface ApiErrorInit {
  /** The HTTP status. */
  readonly status: number;
  /** The HTTP method, upper case. */
  readonly method: string;
  /** The path of the URL, without host and query string. */
  readonly path: string;
  /** tideway's own id of the request, the same over all its tries; also in the log lines and hooks. */
  readonly requestId?: string;
  /** Milliseconds that the server asked to wait. */
  readonly retryAfter?: number;
  /** The server's own explanation, bounded and without the connection's credential. */
  readonly reason?: string;
  /** The body's text, bounded. */
  readonly body?: string | undefined;
  /** The records of a batch that was refused, and those behind it that were stored all the same. */
  readonly batch?: RefusedBatch;
  /** In place of what is made of the rest. */
  readonly message?: string;
}

/** The records of a batch that the server refused. */
export interface RefusedBatch extends RecordRange {
  /** Batches behind it that were stored all the same, where several were on their way. */
  readonly storedAfter: readonly RecordRange[];
}

/** The server answered, and the answer is no. */
export class ApiError extends TidewayError {
  override get code(): string {
    return 'ERR_API';
  }

  /** The HTTP status. */
  declare readonly status: number;
  /** The HTTP method, upper case. */
  declare readonly method: string;
  /** The path of the URL, without host and query string. */
  declare readonly path: string;
  /** tideway's own id of the request, the same over all its tries; also in the log lines and hooks. */
  declare readonly requestId: string | undefined;
  /** Milliseconds that the server asked to wait, if it did. */
  declare readonly retryAfter: number | undefined;
  /** The server's own explanation (its `message`, `error` or first line), at most 200 characters. */
  declare readonly reason: string | undefined;
  /** Of a batch of records: which of them were refused. */
  declare readonly batch?: RefusedBatch;
  readonly #body: string | undefined;

  constructor(init: ApiErrorInit) {
    const { batch, body, method, path, reason, requestId, retryAfter, status } = init;
    const why = reason ? `: ${reason}` : '';
    super(init.message ?? `${method} ${path} answered ${status}${why}`);
    Object.assign(this, { status, method, path, requestId, retryAfter, reason }, batch && { batch });
    this.#body = body;
  }

  /** The body's text, at most 64 KiB of it. A getter on the prototype: printers do not show it. */
  get body(): string | undefined {
    return this.#body;
  }
}

/** Whether a value is an {@link ApiError} of any kind. */
export function isApiError(error: unknown): error is ApiError {
  return isTidewayError(error) && 'status' in error && 'reason' in error;
}
