import { isObject } from './json-style.ts';
import type { ShownFields } from './record-selection.ts';
import type { RecordView } from './record-view.ts';

/** A record as an answer shows it: with the server's own fields that were asked for, or with these alone. */
export function shownValue(record: RecordView, shown: ShownFields): unknown {
  const { value } = record;
  if (!isObject(value)) return value;
  return {
    ...(shown.metaOnly ? {} : value),
    ...(shown.withKey ? { _key: record.key } : {}),
    ...(shown.withTime ? { _ts: record.time } : {}),
    ...(shown.withProject ? { _project: record.project } : {}),
  };
}
