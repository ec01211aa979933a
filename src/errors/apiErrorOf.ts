import { ApiError, type ApiErrorInit } from './ApiError.ts';
import { BadRequestError } from './BadRequestError.ts';
import { ForbiddenError } from './ForbiddenError.ts';
import { NotFoundError } from './NotFoundError.ts';
import { RateLimitError } from './RateLimitError.ts';
import { ServerError } from './ServerError.ts';
import { UnauthorizedError } from './UnauthorizedError.ts';
import { ValueTooLargeError } from './ValueTooLargeError.ts';

/** The error class that belongs to a status. */
export function apiErrorOf(init: ApiErrorInit): ApiError {
  switch (init.status) {
    case 400:
      return new BadRequestError(init);
    case 401:
      return new UnauthorizedError(init);
    case 403:
      return new ForbiddenError(init);
    case 404:
      return new NotFoundError(init);
    case 413:
      return new ValueTooLargeError(init);
    case 429:
      return new RateLimitError(init);
    default:
      return init.status >= 500 ? new ServerError(init) : new ApiError(init);
  }
}
