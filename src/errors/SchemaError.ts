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

  constructor(what: string, issues: readonly SchemaIssue[]) {
    const paths = issues.map((issue) => `\`${(issue.path ?? []).map(segment).join('.')}\``);
    super(`${what} does not fit the schema at ${paths.slice(0, 5).join(', ')}`);
    this.#issues = issues;
  }

  /** What the schema found wrong. A getter on the prototype: its messages may quote the record, so printers skip it. */
  get issues(): readonly SchemaIssue[] {
    return this.#issues;
  }
}

function segment(step: PropertyKey | { readonly key: PropertyKey }): string {
  return String(typeof step === 'object' ? step.key : step);
}

/** Whether a value is a {@link SchemaError}. */
export function isSchemaError(error: unknown): error is SchemaError {
  return hasCode(error, 'ERR_SCHEMA');
}
