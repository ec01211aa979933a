/** Headers that tell of a body. */
export const BODY_HEADERS: readonly string[] = [
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-type',
];

/** What is to be sent. */
export interface Target {
  readonly url: URL;
  /** In upper case. */
  readonly method: string;
  /** Nobody changes them. */
  readonly headers: Headers | undefined;
  readonly body: BodyInit | null | undefined;
}

/** Whether an answer sends on (RFC 9110, section 15.4). */
export function isRedirect({ headers, status }: Pick<Response, 'headers' | 'status'>): boolean {
  return (
    (status === 301 || status === 302 || status === 303 || status === 307 || status === 308) && headers.has('location')
  );
}
