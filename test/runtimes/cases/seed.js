/** What the jobs of the server have, and what cases write. */

/** How many items, log lines, requests and samples each job has. */
export const SIZE = 1500;

export const itemOf = (n) => ({ n, text: `Quote ${n}: “Grüße, 世界 👋”\n`.repeat(1 + (n % 4)), page: n >> 5 });
export const logOf = (n) => ({ time: 1_700_000_000_000 + n, level: 10 * (1 + (n % 5)), message: `Line ${n} – ok` });
export const requestOf = (n) => ({
  time: 1_700_000_000_000 + n,
  duration: n % 100,
  status: n % 7 ? 200 : 404,
  method: 'GET',
  rs: 10 * n,
  url: `http://example.com/${n}`,
});
export const sampleOf = (n) => [1_700_000_000_000 + n, n, n % 3];

export const range = (from, to, of = (n) => n) => Array.from({ length: to - from }, (_, index) => of(from + index));
export const allItems = () => range(0, SIZE, itemOf);
export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** All that an error shows of itself. */
export function shownOf(error) {
  const { cause } = error;
  return `${error} ${error.stack} ${JSON.stringify(error)} ${cause ? shownOf(cause) : ''}`;
}
