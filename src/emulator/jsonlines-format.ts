import { encoder } from './bytes.ts';
import type { ChunkWriter } from './chunk-writer.ts';
import type { RecordFormat } from './record-format.ts';
import type { ShownFields } from './record-selection.ts';
import type { RecordView } from './record-view.ts';
import type { RecordKind } from './resource.ts';

const keyName = encoder.encode('"_key":"');
const timeName = encoder.encode('"_ts":');
const projectName = encoder.encode('"_project":');
const comma = 44;
const quote = 34;
const slash = 47;
const openBrace = 123;
const closeBrace = 125;

// The fields `_key`, `_ts` and `_project`, with commas between them.
function writeMeta(writer: ChunkWriter, record: RecordView, jobKey: Uint8Array, shown: ShownFields): void {
  if (shown.withKey) {
    writer.append(keyName);
    if (record.ownKey === undefined) {
      writer.append(jobKey);
      writer.appendByte(slash);
      writer.appendInteger(record.index);
      writer.appendByte(quote);
    } else writer.append(encoder.encode(JSON.stringify(record.ownKey).slice(1)));
  }
  if (shown.withTime) {
    if (shown.withKey) writer.appendByte(comma);
    writer.append(timeName);
    writer.appendInteger(record.time);
  }
  if (shown.withProject) {
    if (shown.withKey || shown.withTime) writer.appendByte(comma);
    writer.append(projectName);
    writer.appendInteger(record.project);
  }
}

/** JSON lines: the stored lines as they are, or with `_key` and `_ts` put in. */
export function jsonLinesFormat(kind: RecordKind, shown: ShownFields): RecordFormat {
  const frame: RecordFormat = {
    contentType: 'application/x-jsonlines; charset=UTF-8',
    begin: '',
    separator: kind.terminated ? '' : '\n',
    terminator: kind.terminated ? '\n' : '',
    end: '',
  };
  const write = jsonWriter(kind, shown);
  return write === undefined ? frame : { ...frame, write };
}

/** One JSON array of the same records. */
export function jsonArrayFormat(kind: RecordKind, shown: ShownFields): RecordFormat {
  const lines = jsonLinesFormat(kind, shown);
  return {
    ...lines,
    write: lines.write ?? ((writer, record) => writer.appendRange(record.bytes, record.begin, record.end)),
    contentType: 'application/json; charset=UTF-8',
    begin: '[',
    separator: ',',
    terminator: '',
    end: ']',
  };
}

function jsonWriter(kind: RecordKind, shown: ShownFields): RecordFormat['write'] {
  const hasMeta = shown.withKey || shown.withTime || shown.withProject;
  if (kind.meta === 'none' || (!hasMeta && !shown.metaOnly)) return undefined;
  let job = '';
  let jobKey: Uint8Array = encoder.encode(job);
  return (writer, record) => {
    if (record.job !== job) {
      job = record.job;
      jobKey = encoder.encode(job);
    }
    const isEmpty = shown.metaOnly || record.end - record.begin <= 2;
    if (isEmpty) {
      writer.appendByte(openBrace);
      writeMeta(writer, record, jobKey, shown);
      writer.appendByte(closeBrace);
    } else if (kind.meta === 'last') {
      writer.appendRange(record.bytes, record.begin, record.end - 1);
      writer.appendByte(comma);
      writeMeta(writer, record, jobKey, shown);
      writer.appendByte(closeBrace);
    } else {
      writer.appendByte(openBrace);
      writeMeta(writer, record, jobKey, shown);
      writer.appendByte(comma);
      writer.appendRange(record.bytes, record.begin + 1, record.end);
    }
  };
}
