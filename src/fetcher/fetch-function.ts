/** The platform's `fetch`, or anything that answers as it does. */
export type FetchFunction = (url: string, init: RequestInit) => Promise<Response>;
