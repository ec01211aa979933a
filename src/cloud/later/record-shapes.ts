import type { LogInput } from '../log-options.ts';
import type { RequestInput } from '../request-input.ts';
import type { Shapes } from '../shapes.ts';
import type { Needs } from './needs.ts';

/** Checks the records of writers. */
export class RecordShapes implements Shapes {
  readonly #needs: Needs;

  constructor(needs: Needs) {
    this.#needs = needs;
  }

  items(item: unknown): unknown {
    const isObject = typeof item === 'object' && item && !Array.isArray(item);
    return isObject ? item : this.#needs.expected('an item, an object', item);
  }

  samples(sample: unknown): unknown {
    const isSample = Array.isArray(sample) && sample.length > 0 && sample.every((value) => Number.isFinite(value));
    return isSample ? sample : this.#needs.expected('a sample, an array of numbers', sample);
  }

  logs(line: LogInput | undefined, levelNumber: (level: unknown) => number): unknown {
    const { level = 'INFO', message, ts = Date.now() } = line ?? ({} as Partial<LogInput>);
    if (typeof message !== 'string') this.#needs.expected('the message of a log line to be text', message);
    return { time: this.#time(ts), level: levelNumber(level), message };
  }

  requests(request: RequestInput | undefined): unknown {
    const { expected } = this.#needs;
    const given = request ?? ({} as Partial<RequestInput>);
    const { url, status, method, rs, duration, parent = null, ts = Date.now(), fp = null } = given;
    for (const [name, value] of Object.entries({ url, method, fp: fp ?? '' })) {
      if (typeof value !== 'string') expected(`\`${name}\` of a request to be text`, value);
    }
    const numbers = Object.entries({ status, rs, duration, parent }).map(([name, value]) => {
      if (name === 'parent' && value === null) return [name, value];
      if (!Number.isFinite(value) || Number(value) < 0)
        expected(`\`${name}\` of a request to be a number from 0 up`, value);
      return [name, Math.trunc(Number(value))];
    });
    return { url, method, ...Object.fromEntries(numbers), time: this.#time(ts), fp };
  }

  /** A time in milliseconds since the epoch. */
  #time(time: number | Date): number {
    const milliseconds = Number(time);
    if (Number.isFinite(milliseconds)) return Math.trunc(milliseconds);
    return this.#needs.expected('`ts` to be milliseconds or a Date', time);
  }
}
