import type { SchemaError, SchemaIssue } from '../errors/index.ts';
import type { Batch, RecordSource } from './source.ts';

/** A validator that follows Standard Schema, such as those of Zod, Valibot and ArkType (https://standardschema.dev). */
export interface Schema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    /** Checks a value, and may change it. */
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/** What a {@link Schema} says of a value. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** Records that a schema has checked and may have changed. Those before a bad one are delivered, then it is an error. */
export class SchemaSource<T> implements RecordSource<T> {
  readonly #source: RecordSource<unknown>;
  readonly #schema: Schema<T>;
  readonly #fail: (message: string, issues: readonly SchemaIssue[]) => SchemaError;
  #count = 0;
  #failure: { readonly error: unknown } | undefined;

  /** `fail` makes the error: this file is loaded when it is needed, and stands on nothing that is there already. */
  constructor(
    source: RecordSource<unknown>,
    schema: Schema<T>,
    fail: (message: string, issues: readonly SchemaIssue[]) => SchemaError,
  ) {
    this.#source = source;
    this.#schema = schema;
    this.#fail = fail;
  }

  get bytes(): number {
    return this.#source.bytes;
  }

  get resumes(): number {
    return this.#source.resumes;
  }

  async pull(): Promise<Batch<T> | undefined> {
    const batch = this.#failure ? undefined : await this.#source.pull();
    const records: T[] = [];
    for (const record of batch?.records ?? []) {
      try {
        const validated = this.#schema['~standard'].validate(record);
        const result = validated instanceof Promise ? await validated : validated;
        this.#count++;
        if (result.issues) {
          const places = result.issues.slice(0, 5).map(({ path = [] }) => `\`${path.map(segment).join('.')}\``);
          const message = `Record ${this.#count} of the read does not fit the schema at ${places.join(', ')}`;
          throw this.#fail(message, result.issues);
        }
        records.push(result.value);
      } catch (error) {
        this.#failure = { error };
        break;
      }
    }
    if (this.#failure && records.length === 0) throw this.#failure.error;
    return batch && { records, keyAt: batch.keyAt };
  }

  close(reason?: unknown): void {
    this.#source.close(reason);
  }
}

/** A step of a path as text. */
function segment(step: PropertyKey | { readonly key: PropertyKey }): string {
  return String(typeof step === 'object' ? step.key : step);
}
