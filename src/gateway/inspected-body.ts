import type { NamedProjects } from './named-projects.ts';
import { Refusal } from './refusal.ts';
import type { Target } from './target.ts';

/** A body as it goes on, and its type where that changes. */
export interface InspectedBody {
  readonly body: BodyInit;
  /** `null`: the platform knows it. */
  readonly type: string | null | undefined;
}

/**
 * Finds the projects that a body names. Forms are written anew from what was read, so that the server cannot read them
 * in another way than the gateway did.
 *
 * @throws Refusal for what cannot be read.
 */
export async function inspectBody(
  bytes: Uint8Array<ArrayBuffer>,
  type: string | null,
  target: Target,
  named: NamedProjects,
): Promise<InspectedBody> {
  if (target.body !== 'form' || (target.project !== undefined && /^application\/json\b/i.test(type ?? ''))) {
    named.addJson(textOf(bytes), target);
    return { body: bytes, type: undefined };
  }
  if (/^application\/x-www-form-urlencoded\b/i.test(type ?? '')) {
    const form = new URLSearchParams(textOf(bytes));
    form.delete('apikey');
    named.addParameters(form, target);
    return { body: form.toString(), type: 'application/x-www-form-urlencoded' };
  }
  if (/^multipart\/form-data\b/i.test(type ?? '')) {
    const form = await formOf(bytes, type ?? '');
    form.delete('apikey');
    named.addParameters(textsOf(form), target);
    return { body: form, type: null };
  }
  throw new Refusal(403, 'Expected a form, whose project can be told');
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refusal(400, 'The body is not UTF-8');
  }
}

async function formOf(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<FormData> {
  try {
    return await new Response(bytes, { headers: { 'content-type': type } }).formData();
  } catch {
    throw new Refusal(400, 'The body is not the form that it says it is');
  }
}

/** The fields that are text. A file in their place is refused as no project, whatever it holds. */
function* textsOf(form: FormData): Generator<readonly [string, string]> {
  for (const [name, value] of form) yield [name, typeof value === 'string' ? value : ''];
}
