import { checkInteger, checkMembers, checkNumber, reject } from './validate.ts';

/**
 * Something that goes wrong, to test a program against.
 *
 * One fault acts on a request: the first of the list that fits it and has times left. Faults that only slow down
 * (`latency`, `recordsPerSecond`, `bytesPerSecond` and nothing else) act in addition to it.
 */
export interface Fault {
  /** The method it is for, `HEAD` apart from `GET`. Default: all. Preflights are never hit. */
  readonly method?: string;
  /** A string is a whole path without the query, as it was sent; a pattern may match a part. Default: all. */
  readonly path?: string | RegExp;
  /**
   * How many requests it acts on, counted per object of the list; a cut or a stall that a body was too short for does
   * not count. Default: all.
   */
  readonly times?: number;
  /** How likely it acts on a request that fits, from 0 to 1. Default 1. */
  readonly probability?: number;
  /** Milliseconds that the answer's headers wait. The request has had no effect meanwhile, and has none when it is aborted. */
  readonly latency?: number;
  /** Answers with this status, and does nothing else. */
  readonly status?: number;
  /** Headers of that answer, such as `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body of that answer. Default: what a proxy says. */
  readonly body?: string;
  /** Breaks the connection: `before` the request has had an effect, or `after` it, so that only the answer is lost. */
  readonly drop?: 'before' | 'after';
  /** Breaks the body after exactly so many whole records; a shorter body is not broken. */
  readonly cutAfterRecords?: number;
  /** Breaks the body after so many bytes, counted before compression; a shorter body is not broken. */
  readonly cutAfterBytes?: number;
  /** Sends so many whole records and then nothing until the client leaves; a shorter body does not stall. */
  readonly stallAfterRecords?: number;
  /** Paces each body by itself: at most so many records a second. */
  readonly recordsPerSecond?: number;
  /** Paces each body by itself: at most so many bytes a second, counted before compression, in whole records. */
  readonly bytesPerSecond?: number;
}

/** What acts on one request, put together. */
export interface Effects {
  /** Milliseconds. */
  readonly latency: number;
  /** The fault that does more than slow down. */
  readonly main: Fault | undefined;
  readonly recordsPerSecond: number | undefined;
  readonly bytesPerSecond: number | undefined;
  /** Tells that the main fault found nothing to do: its use does not count. */
  readonly spare: () => void;
}

const members = [
  'method',
  'path',
  'times',
  'probability',
  'latency',
  'status',
  'headers',
  'body',
  'drop',
  'cutAfterRecords',
  'cutAfterBytes',
  'stallAfterRecords',
  'recordsPerSecond',
  'bytesPerSecond',
] as const;

const breaking = ['status', 'drop', 'cutAfterRecords', 'cutAfterBytes', 'stallAfterRecords'] as const;
const slowing = ['latency', 'recordsPerSecond', 'bytesPerSecond'] as const;

/** Throws a `ConfigurationError` where a list of faults cannot work. */
export function checkFaults(faults: unknown): asserts faults is Fault[] {
  if (!Array.isArray(faults)) reject('faults', 'an array', faults);
  faults.forEach(checkFault);
}

function checkFault(fault: Fault, position: number): void {
  const name = `faults[${position}]`;
  if (fault === undefined) reject(name, 'an object', fault);
  checkMembers(name, fault, members);
  if (fault.method !== undefined && typeof fault.method !== 'string')
    reject(`${name}.method`, 'a string', fault.method);
  if (fault.path !== undefined && typeof fault.path !== 'string' && !(fault.path instanceof RegExp)) {
    reject(`${name}.path`, 'a string or a RegExp', fault.path);
  }
  checkInteger(`${name}.times`, fault.times, 1);
  checkNumber(`${name}.probability`, fault.probability, 0, 1);
  checkNumber(`${name}.latency`, fault.latency, 0);
  checkInteger(`${name}.cutAfterRecords`, fault.cutAfterRecords, 0);
  checkInteger(`${name}.cutAfterBytes`, fault.cutAfterBytes, 0);
  checkInteger(`${name}.stallAfterRecords`, fault.stallAfterRecords, 0);
  for (const rate of ['recordsPerSecond', 'bytesPerSecond'] as const) {
    checkNumber(`${name}.${rate}`, fault[rate], Number.MIN_VALUE);
  }
  const { status, drop, body } = fault;
  if (status !== undefined && !(Number.isInteger(status) && status >= 200 && status <= 599)) {
    reject(`${name}.status`, 'an integer from 200 to 599', status);
  }
  if (drop !== undefined && drop !== 'before' && drop !== 'after') reject(`${name}.drop`, "'before' or 'after'", drop);
  if (body !== undefined && typeof body !== 'string') reject(`${name}.body`, 'a string', body);
  const effects = breaking.filter((effect) => fault[effect] !== undefined);
  if (effects.length > 1) reject(name, `an object with one of ${breaking.join(', ')}`, fault);
  if (effects.length === 0 && slowing.every((effect) => fault[effect] === undefined)) {
    reject(name, `an object with one of ${[...breaking, ...slowing].join(', ')}`, fault);
  }
}

/** The faults of an emulator: the user's list, and how often each has acted. */
export class Faults {
  readonly #random: () => number;
  readonly #uses = new WeakMap<Fault, number>();
  #list: Fault[];

  constructor(list: Fault[], random: () => number) {
    this.#list = list;
    this.#random = random;
  }

  get list(): Fault[] {
    return this.#list;
  }

  set list(list: Fault[]) {
    checkFaults(list);
    this.#list = list;
  }

  /** What acts on a request; takes one of the times of each. */
  take(method: string, path: string): Effects {
    // The list is the user's own array, so it may hold anything by now.
    checkFaults(this.#list);
    let main: Fault | undefined;
    const acting: Fault[] = [];
    for (const fault of this.#list) {
      const isMain = breaking.some((effect) => fault[effect] !== undefined);
      if ((isMain && main !== undefined) || !this.#acts(fault, method, path)) continue;
      if (isMain) main = fault;
      acting.push(fault);
      this.#count(fault, 1);
    }
    const first = (name: 'recordsPerSecond' | 'bytesPerSecond'): number | undefined =>
      acting.find((fault) => fault[name] !== undefined)?.[name];
    return {
      main,
      latency: acting.reduce((sum, fault) => sum + (fault.latency ?? 0), 0),
      recordsPerSecond: first('recordsPerSecond'),
      bytesPerSecond: first('bytesPerSecond'),
      spare: () => {
        if (main !== undefined) this.#count(main, -1);
      },
    };
  }

  #count(fault: Fault, uses: number): void {
    this.#uses.set(fault, (this.#uses.get(fault) ?? 0) + uses);
  }

  #acts(fault: Fault, method: string, path: string): boolean {
    if (fault.method !== undefined && fault.method.toUpperCase() !== method) return false;
    if (typeof fault.path === 'string' && fault.path !== path) return false;
    // `search` takes no notice of where a global or sticky pattern stands.
    if (fault.path instanceof RegExp && path.search(fault.path) < 0) return false;
    if ((this.#uses.get(fault) ?? 0) >= (fault.times ?? Number.POSITIVE_INFINITY)) return false;
    return fault.probability === undefined || this.#random() < fault.probability;
  }
}
