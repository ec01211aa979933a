/** Makes the error of a record that cannot be stored. */
type Refuse = (message: string) => Error;

/** How deep a record is followed before it is suspected to hold itself. */
const SUSPICIOUS_DEPTH = 64;

/**
 * A record as JSON on one line, a `Date` as milliseconds since the epoch. What JSON would drop or change in silence
 * (functions, symbols, BigInt, NaN, maps and sets) is refused by the name of its field.
 */
export function encodeRecord(record: unknown, refuse: Refuse): string {
  const check = new Check(refuse);
  let text: string | undefined;
  try {
    check.value(record);
    text = JSON.stringify(record, check.hasDates ? datesAsNumbers : undefined);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw refuse('Expected a record that JSON can hold, got one that is nested too deeply');
  }
  if (text === undefined) throw refuse('Expected a record, got undefined');
  return text;
}

/** `JSON.stringify` hands over what `toJSON` made of a Date; the Date itself is still in its object. */
function datesAsNumbers(this: unknown, field: string, value: unknown): unknown {
  const own = (this as Record<string, unknown>)[field];
  return own instanceof Date ? own.getTime() : value;
}

/** Looks at every value of a record: faster than a replacer, which `JSON.stringify` would call for each of them. */
class Check {
  hasDates = false;
  readonly #refuse: Refuse;
  /** The fields that lead to the value at hand, and the objects that hold them. */
  readonly #fields: (string | number)[] = [];
  readonly #holders: object[] = [];

  constructor(refuse: Refuse) {
    this.#refuse = refuse;
  }

  value(value: unknown): void {
    switch (typeof value) {
      case 'string':
      case 'boolean':
      case 'undefined':
        return;
      case 'number':
        if (!Number.isFinite(value)) this.#reject(String(value));
        return;
      case 'object':
        if (value !== null) this.#object(value);
        return;
      default:
        this.#reject(`a ${typeof value}`);
    }
  }

  #object(value: object): void {
    const { length } = this.#holders;
    if (length > SUSPICIOUS_DEPTH && this.#holders.includes(value)) {
      // The first object on the way that was there before.
      const way = [...this.#holders, value];
      this.#fields.length = way.findIndex((holder, index) => way.indexOf(holder) < index);
      this.#reject('an object that holds itself');
    }
    if (Array.isArray(value)) {
      this.#holders.push(value);
      for (let index = 0; index < value.length; index++) {
        this.#fields[length] = index;
        this.value(value[index]);
      }
    } else if (!this.#isOpaque(value)) {
      this.#holders.push(value);
      for (const field of Object.keys(value)) {
        this.#fields[length] = field;
        this.value((value as Record<string, unknown>)[field]);
      }
    } else return;
    this.#holders.pop();
    this.#fields.length = length;
  }

  /** Whether an object is no holder of fields: a Date, or what makes its own JSON. */
  #isOpaque(value: object): boolean {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype && !('toJSON' in value)) return false;
    if (value instanceof Date) {
      if (Number.isNaN(value.getTime())) this.#reject('an invalid Date');
      this.hasDates = true;
      return true;
    }
    if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return true;
    if (value instanceof Number || value instanceof String || value instanceof Boolean) return true;
    const tag = Object.prototype.toString.call(value).slice(8, -1);
    if (tag !== 'Object' || ArrayBuffer.isView(value)) this.#reject(`a value of type ${tag}`);
    return false;
  }

  #reject(what: string): never {
    let path = '';
    for (const field of this.#fields) path += typeof field === 'number' ? `[${field}]` : `${path && '.'}${field}`;
    const where = path && ` in its field \`${path.slice(0, 200)}\``;
    throw this.#refuse(`Expected a record that JSON can hold, got ${what}${where}`);
  }
}
