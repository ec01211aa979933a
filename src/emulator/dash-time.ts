/** The latest time that a date can have (ECMAScript, section 21.4.1.1), in milliseconds. */
const maxTime = 8.64e15;

/** A time in milliseconds as dash writes it: in UTC, to the second. What is no time is left out. */
export function dashTime(time: unknown): string | undefined {
  if (typeof time !== 'number' || !(Math.abs(time) <= maxTime)) return undefined;
  return new Date(time).toISOString().slice(0, 19);
}
