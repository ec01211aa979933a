import { Encoder } from '@msgpack/msgpack';
import { maxNesting } from './parse-json.ts';
import type { RecordFormat } from './record-format.ts';
import type { ShownFields } from './record-selection.ts';
import type { RecordKind } from './resource.ts';
import { shownValue } from './shown-value.ts';

/** Msgpack objects, one after the other. The encoder writes integers above 32 bits, so all times, as uint64. */
export function msgpackFormat(kind: RecordKind, shown: ShownFields): RecordFormat {
  const encoder = new Encoder({ maxDepth: maxNesting + 1 });
  return {
    contentType: 'application/x-msgpack; charset=UTF-8',
    begin: '',
    separator: '',
    terminator: '',
    end: '',
    // Logs in msgpack never carry meta fields, also when they are asked for.
    write: (writer, record) => {
      writer.append(encoder.encodeSharedRef(kind.meta === 'last' ? shownValue(record, shown) : record.value));
    },
  };
}
