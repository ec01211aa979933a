import { csvFormat, textFormat } from './csv-format.ts';
import { jsonArrayFormat, jsonLinesFormat } from './jsonlines-format.ts';
import { msgpackFormat } from './msgpack-format.ts';
import type { RecordFormat } from './record-format.ts';
import type { ShownFields } from './record-selection.ts';
import { Refusal } from './refusal.ts';
import type { RecordKind } from './resource.ts';
import { xmlFormat } from './xml-format.ts';

const formatOfType: Readonly<Record<string, string>> = {
  'application/x-msgpack': 'msgpack',
  'application/json': 'json',
  'application/xml': 'xml',
  'text/csv': 'csv',
  'text/plain': 'text',
};

/** The first media type of an `Accept` header that the server knows; JSON lines for everything else, also `*` types. */
function acceptedFormat(accept: string | null): string {
  for (const range of (accept ?? '').split(',')) {
    const type = range.split(';')[0]?.trim().toLowerCase() ?? '';
    if (type === 'application/x-jsonlines' || type === '*/*') return 'jl';
    const format = Object.hasOwn(formatOfType, type) ? formatOfType[type] : undefined;
    if (format !== undefined) return format;
  }
  return 'jl';
}

/** The format that a request asks for: by `format=`, else by `Accept`. */
export function formatOf(
  kind: RecordKind,
  shown: ShownFields,
  query: URLSearchParams,
  accept: string | null,
): RecordFormat {
  const format = query.get('format') ?? acceptedFormat(accept);
  switch (format) {
    case 'jl':
      return jsonLinesFormat(kind, shown);
    case 'json':
      return jsonArrayFormat(kind, shown);
    case 'msgpack':
      return msgpackFormat(kind, shown);
    case 'csv':
      return csvFormat(kind, query);
    case 'xml':
      return xmlFormat(shown);
    case 'text':
      return textFormat(kind, query, 'text/plain; charset=UTF-8');
    case 'html':
      return textFormat(kind, query, 'text/html; charset=UTF-8');
    default:
      throw new Refusal(400, `Unknown format: ${format.slice(0, 100)}`);
  }
}

/** Whether the client takes gzip (RFC 9110, section 12.5.3). */
export function acceptsGzip(acceptEncoding: string | null): boolean {
  return (acceptEncoding ?? '').split(',').some((entry) => {
    const [coding, ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase());
    return coding === 'gzip' && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}
