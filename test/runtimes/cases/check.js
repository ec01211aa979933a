import { sleep } from './seed.js';

/** How long what happens at the other end is waited for, in milliseconds. */
const LONGEST_WAIT = 15_000;

function shorten(value) {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 300 ? `${text.slice(0, 300)}… (${text.length} characters)` : text;
}

/** The part of a case that asserts. */
export class Check {
  count = 0;

  ok(condition, what) {
    this.count++;
    if (!condition) throw new Error(`Expected ${what}`);
  }

  equal(actual, expected, what) {
    this.ok(
      JSON.stringify(actual) === JSON.stringify(expected),
      `${what} to be ${shorten(expected)}, got ${shorten(actual)}`,
    );
  }

  /** The same without the texts of both in the message, which would be long. */
  same(actual, expected, what) {
    this.equal(actual.length, expected.length, `the length of ${what}`);
    const at = expected.findIndex((one, index) => JSON.stringify(one) !== JSON.stringify(actual[index]));
    this.ok(at < 0, `${what} to have ${shorten(expected[at])} at ${at}, got ${shorten(actual[at])}`);
  }

  async rejects(promise, what) {
    const result = await Promise.resolve(promise).then(
      (value) => ({ value }),
      (error) => ({ error }),
    );
    this.ok('error' in result, `${what} to reject, got ${shorten(result.value)}`);
    return result.error;
  }

  throws(call, what) {
    let result;
    try {
      result = { value: call() };
    } catch (error) {
      result = { error };
    }
    this.ok('error' in result, `${what} to throw, got ${shorten(result.value)}`);
    return result.error;
  }

  /** Looks until the answer is the right one: what happens at the other end takes its time. */
  async eventually(look, expected, what) {
    let actual;
    const wanted = JSON.stringify(expected);
    const end = Date.now() + LONGEST_WAIT;
    for (let wait = 1; ; wait = Math.min(250, wait * 2)) {
      actual = await look();
      if (JSON.stringify(actual) === wanted || Date.now() > end) break;
      await sleep(wait);
    }
    this.equal(actual, expected, what);
  }
}
