import type { Exchange } from './exchange.ts';
import { isObject } from './json-style.ts';
import { parseJson } from './parse-json.ts';
import { Refusal } from './refusal.ts';

/** The fields of a form post in either of the two forms; files do not count. */
export async function formOf(exchange: Exchange): Promise<URLSearchParams> {
  if (!isMultipart(exchange)) return new URLSearchParams(await exchange.text());
  const texts = new URLSearchParams();
  for (const [name, value] of await multipartOf(exchange)) if (typeof value === 'string') texts.append(name, value);
  return texts;
}

function isMultipart({ request }: Exchange): boolean {
  return /^multipart\/form-data\b/i.test(request.headers.get('content-type') ?? '');
}

/** The fields and files of a multipart post. */
export async function multipartOf(exchange: Exchange): Promise<FormData> {
  const type = exchange.request.headers.get('content-type') ?? '';
  const bytes = await exchange.bytes();
  try {
    return await new Response(bytes, { headers: { 'content-type': type } }).formData();
  } catch {
    throw new Refusal(400, 'Error parsing data, the body is not multipart/form-data');
  }
}

/** A field that holds a JSON object, or `undefined` when it is absent. */
export function objectField(form: URLSearchParams, name: string): Readonly<Record<string, unknown>> | undefined {
  const text = form.get(name);
  if (text === null || text === '') return undefined;
  try {
    const value = parseJson(text);
    if (isObject(value)) return value;
  } catch (error) {
    if (error instanceof Refusal) throw error;
    // Falls through to the refusal.
  }
  throw new Refusal(400, `${name} must be a JSON object`);
}

/** A field that holds an integer of a range, or `undefined` when it is absent. */
export function integerField(
  form: URLSearchParams,
  name: string,
  minimum: number,
  maximum: number,
): number | undefined {
  const text = form.get(name);
  if (text === null || text === '') return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return value;
  throw new Refusal(400, `${name} must be an integer from ${minimum} to ${maximum}`);
}

/** A field that must be there. */
export function requiredField(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (value === null || value === '') throw new Refusal(400, `Missing required parameter: ${name}`);
  return value;
}
