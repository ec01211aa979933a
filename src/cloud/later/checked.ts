import type { RecordSource, Schema } from '../../records/index.ts';
import { SchemaSource } from '../../records/schema.ts';
import type { Needs } from './needs.ts';

/** The records that `open` reads, checked by a schema. */
export function checked(needs: Needs, schema: Schema, open: () => RecordSource<unknown>): RecordSource<unknown> {
  return new SchemaSource(open(), schema, (message, issues) => new needs.SchemaError(message, issues));
}
