/** What the runtime of Workers has, as far as the tests use it. */
declare module 'cloudflare:sockets' {
  export function connect(
    address: { readonly hostname: string; readonly port: number },
    options?: { readonly secureTransport?: string; readonly allowHalfOpen: boolean },
  ): {
    readonly readable: ReadableStream;
    readonly writable: WritableStream;
    readonly opened: Promise<unknown>;
    readonly closed: Promise<void>;
    close(): Promise<void>;
  };
}
