/** What pages of any origin may send. */
const methods = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';
const defaultHeaders =
  'accept, accept-encoding, authorization, content-encoding, content-range, content-type, user-agent';

/** Every answer may be read by pages of any origin. */
export const corsHeaders: Readonly<Record<string, string>> = { 'access-control-allow-origin': '*' };

/** The answer to a preflight (Fetch standard, section 3.3): what a page asks for is allowed. */
export function preflight(request: Request): Response {
  const asked = request.headers.get('access-control-request-headers');
  const headers: Record<string, string> = {
    ...corsHeaders,
    'access-control-allow-methods': methods,
    'access-control-allow-headers': asked ?? defaultHeaders,
    'access-control-max-age': '86400',
    'content-length': '0',
  };
  // Chromium asks before a page of a public address may reach a private one.
  if (request.headers.get('access-control-request-private-network') === 'true') {
    headers['access-control-allow-private-network'] = 'true';
  }
  return new Response(null, { status: 200, headers });
}
