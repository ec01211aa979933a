import { ApiError, type ApiErrorInit } from './ApiError.ts';
import { BadRequestError } from './BadRequestError.ts';
import { ForbiddenError } from './ForbiddenError.ts';
import { NotFoundError } from './NotFoundError.ts';
import { RateLimitError } from './RateLimitError.ts';
import { ServerError } from './ServerError.ts';
import { UnauthorizedError } from './UnauthorizedError.ts';
import { ValueTooLargeError } from './ValueTooLargeError.ts';

const CLASSES: { readonly [status: number]: typeof ApiError } = {
  400: BadRequestError,
  401: UnauthorizedError,
  403: ForbiddenError,
  404: NotFoundError,
  413: ValueTooLargeError,
  429: RateLimitError,
};

/** The error of the class that belongs to a status. */
export function apiErrorOf(init: ApiErrorInit): ApiError {
  return new (CLASSES[init.status] ?? (init.status >= 500 ? ServerError : ApiError))(init);
}
