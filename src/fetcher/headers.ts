import { expected } from '../errors/index.ts';

/** The headers, and the defaults for those that are not among them. */
export function joined(headers: Headers | undefined, defaults: HeadersInit | undefined): Headers | undefined {
  if (!headers || !defaults) return headers ?? (defaults && headersOf(defaults));
  const rest = defaults instanceof Headers ? defaults : headersOf(defaults);
  for (const [name, value] of rest) if (!headers.has(name)) headers.set(name, value);
  return headers;
}

/** Headers, without the platform's own error, which shows the value. */
export function headersOf(headers: HeadersInit): Headers {
  try {
    return new Headers(headers);
  } catch {
    return expected('`headers` to be names and values that HTTP allows', headers);
  }
}
