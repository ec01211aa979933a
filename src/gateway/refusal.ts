/** A request that the gateway answers by itself, with a status and a sentence that names nothing secret. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The answer of a refusal: JSON, as the dash API's own are, so that clients find the reason where they look for it. */
export function refusalResponse({ message, status }: Refusal): Response {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  };
  // RFC 6750, section 3. Unlike that of a Basic scheme, it makes no browser ask for a password.
  if (status === 401) headers['www-authenticate'] = 'Bearer error="invalid_token"';
  return new Response(JSON.stringify({ status: 'error', message }), { status, headers });
}
