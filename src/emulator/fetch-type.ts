/** The shape of the platform's `fetch`. */
export type EmulatorFetch = (input: Request | URL | string, init?: RequestInit) => Promise<Response>;
