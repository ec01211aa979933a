const separators = /"(?:[^"\\]|\\.)*"|[,:]/g;
const outsideAscii = /[\u0080-\uffff]/g;

/**
 * JSON as the job queue's service writes it: a space after `:` and `,`, and nothing outside ASCII (what Python's
 * `json.dumps` does by default).
 */
export function pythonJson(value: unknown): string {
  return JSON.stringify(value ?? null)
    .replace(separators, (match) => (match.length === 1 ? `${match} ` : match))
    .replace(outsideAscii, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const strings = /"(?:[^"\\]|\\.)*"|\s+/g;

/**
 * Removes the space between the tokens of a valid JSON text and writes its strings in the shortest form.
 *
 * On the text, because a pass through objects would move keys that look like numbers to the front and round big
 * integers: the server does neither.
 */
export function compactJson(text: string): string {
  return text.replace(strings, (match) => {
    if (match.charCodeAt(0) !== 34) return '';
    return match.includes('\\') ? JSON.stringify(JSON.parse(match)) : match;
  });
}

/** Whether a JSON value is an object, neither `null` nor an array. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
