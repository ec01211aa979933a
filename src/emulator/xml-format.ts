import { encoder } from './bytes.ts';
import { isObject } from './json-style.ts';
import type { RecordFormat } from './record-format.ts';
import type { ShownFields } from './record-selection.ts';
import { shownValue } from './shown-value.ts';

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

function escapeXml(text: string): string {
  return text.replace(/[&<>]/g, (character) => entities[character] ?? character);
}

function xmlValue(value: unknown): string {
  if (value === null || value === undefined) return '<value><nil/></value>';
  if (typeof value === 'string') return `<value><string>${escapeXml(value)}</string></value>`;
  if (typeof value === 'boolean') return `<value><boolean>${value ? 1 : 0}</boolean></value>`;
  if (typeof value === 'number') {
    const type = Number.isInteger(value) ? 'int' : 'double';
    return `<value><${type}>${value}</${type}></value>`;
  }
  if (Array.isArray(value)) return `<value><array><data>${value.map(xmlValue).join('')}</data></array></value>`;
  if (!isObject(value)) return '<value><nil/></value>';
  const members = Object.entries(value).map(
    ([name, member]) => `<member><name>${escapeXml(name)}</name>${xmlValue(member)}</member>`,
  );
  return `<value><struct>${members.join('')}</struct></value>`;
}

/** XML with the data types of XML-RPC. */
export function xmlFormat(shown: ShownFields): RecordFormat {
  return {
    contentType: 'application/xml; charset=UTF-8',
    begin: '<?xml version="1.0" encoding="UTF-8"?>\n<values>\n',
    separator: '',
    terminator: '\n',
    end: '</values>\n',
    write: (writer, record) => writer.append(encoder.encode(xmlValue(shownValue(record, shown)))),
  };
}
