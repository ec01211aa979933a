/** An answer that is there, or comes: what is kept in memory and what is kept elsewhere look alike. */
export type Awaitable<T> = T | Promise<T>;
