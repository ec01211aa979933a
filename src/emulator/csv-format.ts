import { encoder } from './bytes.ts';
import { isObject } from './json-style.ts';
import { flagParameter } from './query.ts';
import type { RecordFormat } from './record-format.ts';
import type { RecordView } from './record-view.ts';
import { Refusal } from './refusal.ts';
import type { RecordKind } from './resource.ts';

/** The value of a field as text: strings as they are, everything else as JSON, what is absent as nothing. */
export function fieldText(record: RecordView, field: string): string {
  if (field === '_key') return record.key;
  if (field === '_ts') return String(record.time);
  const { value } = record;
  const found = isObject(value) && Object.hasOwn(value, field) ? value[field] : undefined;
  if (found === undefined || found === null) return '';
  return typeof found === 'string' ? found : JSON.stringify(found);
}

function fieldsOf(kind: RecordKind, query: URLSearchParams): readonly string[] {
  const given = query.get('fields');
  if (given !== null && given !== '') return given.split(',');
  if (kind.name === 'logs') return ['time', 'level', 'message'];
  throw new Refusal(400, 'The parameter fields is required for this format');
}

/** Comma-separated values of the fields that the request names. */
export function csvFormat(kind: RecordKind, query: URLSearchParams): RecordFormat {
  const fields = fieldsOf(kind, query);
  const separator = query.get('sep') ?? ',';
  const quote = query.get('quote') ?? '"';
  const escapeWith = query.get('escape') ?? quote;
  const terminator = query.get('lineend') ?? '\n';
  const cell = (text: string): string => {
    const isPlain = !text.includes(separator) && !text.includes(quote) && !/[\r\n]/.test(text);
    return isPlain || quote === '' ? text : quote + text.replaceAll(quote, () => escapeWith + quote) + quote;
  };
  const row = (cells: readonly string[]): string => cells.map(cell).join(separator);
  return {
    contentType: 'text/csv; charset=UTF-8',
    begin: flagParameter(query, 'include_headers') ? row(fields) + terminator : '',
    separator: '',
    terminator,
    end: '',
    write: (writer, record) => writer.append(encoder.encode(row(fields.map((field) => fieldText(record, field))))),
  };
}

/** The values of one field or of several, a line a record, tabs between values. */
export function textFormat(kind: RecordKind, query: URLSearchParams, contentType: string): RecordFormat {
  const fields = fieldsOf(kind, query);
  return {
    contentType,
    begin: '',
    separator: '',
    terminator: '\n',
    end: '',
    write: (writer, record) =>
      writer.append(encoder.encode(fields.map((field) => fieldText(record, field)).join('\t'))),
  };
}
