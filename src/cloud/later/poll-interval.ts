/** The wait between two looks at what may change, in milliseconds. */
export const POLL_INTERVAL = 5_000;
