import type { RecordSource } from './record-source.ts';

/** What a handler answers: a body that is known, or one that is made while it is read. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | RecordSource;
}

function answer(status: number, contentType: string | undefined, body: string | RecordSource): Answer {
  return { status, headers: contentType === undefined ? {} : { 'content-type': contentType }, body };
}

/** A JSON value of the job queue's service, whose text is in `pythonJson` style. */
export function jobqJson(text: string): Answer {
  return answer(200, 'application/json', text);
}

/** Lines of the job queue's service: newlines stand only between them. */
export function jobqLines(lines: readonly string[]): Answer {
  return answer(200, 'application/x-jsonlines', lines.join('\n'));
}

/** What the job queue's service answers where there is nothing to say. */
export function jobqEmpty(): Answer {
  return answer(200, 'text/html; charset=utf-8', '');
}

/** What the job queue's service answers to a change of settings, and where no job waits. */
export function jobqPlain(): Answer {
  return answer(200, 'text/plain; charset=utf-8', '');
}

/** A small JSON value of the data service: compact, and never compressed. */
export function dataJson(value: unknown): Answer {
  return answer(200, 'application/json; charset=UTF-8', JSON.stringify(value));
}

/** What the data service answers to what it will do by and by. */
export function dataAccepted(value: unknown): Answer {
  return { ...dataJson(value), status: 202 };
}

/** What the data service answers to a write. */
export function dataEmpty(): Answer {
  return answer(200, 'text/plain; charset=UTF-8', '');
}

/** What the data service answers to a deletion in a frontier: nothing, and nothing about its type. */
export function dataNothing(): Answer {
  return answer(200, undefined, '');
}

/** A stream of records of the data service. */
export function dataRecords(contentType: string, source: RecordSource): Answer {
  return answer(200, contentType, source);
}

/** JSON lines of dash. */
export function dashLines(values: readonly unknown[]): Answer {
  const body = values.map((value) => `${JSON.stringify(value)}\n`).join('');
  return answer(200, 'application/x-jsonlines; charset=UTF-8', body);
}

/** A JSON object of dash. */
export function dashJson(value: unknown, status = 200): Answer {
  return answer(status, 'application/json', JSON.stringify(value));
}
