import { hasCode, TidewayError } from './TidewayError.ts';

/** One thing that a schema found wrong, as Standard Schema has it (https://standardschema.dev). */
export interface SchemaIssue {
  /** The validator's own words. They may quote the data. */
  readonly message: string;
  /** Where in the record. */
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
}

/** A record is not what the schema says. */
export class SchemaError extends TidewayError {
  override get code(): string {
    return 'ERR_SCHEMA';
  }

  readonly #issues: readonly SchemaIssue[];

  constructor(message: string, issues: readonly SchemaIssue[]) {
    super(message);
    this.#issues = issues;
  }

  /** What the schema found wrong. A getter on the prototype: its messages may quote the record, so printers skip it. */
  get issues(): readonly SchemaIssue[] {
    return this.#issues;
  }
}

/** Whether a value is a {@link SchemaError}. */
export function isSchemaError(error: unknown): error is SchemaError {
  return hasCode(error, 'ERR_SCHEMA');
}
