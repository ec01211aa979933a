import { expected, notJson, type TidewayError } from '../errors/index.ts';

/** What the bytes of a record are made into. */
export type RecordForm = 'bytes' | 'text' | 'json';

/** Says what the bytes of a record are made into. */
export interface RecordFormOptions<Form extends RecordForm = RecordForm> {
  /** `bytes`, `text` (UTF-8; what is not becomes U+FFFD) or `json`. @default 'bytes' */
  readonly as?: Form;
}

/** A record in a form: the value of `json` is what the user says it is. */
export type InForm<Form extends RecordForm, T> = Form extends 'bytes' ? Uint8Array : Form extends 'text' ? string : T;

/** A record in its form, or what failed. */
export interface Formed {
  readonly record?: unknown;
  readonly failure?: () => Promise<TidewayError>;
}

/** How the bytes of a record get their form; its number, counted from 1, is for messages. */
export function former(form: RecordForm = 'bytes'): (bytes: Uint8Array, number: number) => Formed {
  if (form === 'bytes') return (record) => ({ record });
  if (form !== 'text' && form !== 'json') expected('`as` to be bytes, text or json', form);
  const decoder = new TextDecoder();
  return (bytes, number) => {
    const text = decoder.decode(bytes);
    try {
      return { record: form === 'text' ? text : JSON.parse(text) };
    } catch {
      // The engine's own error quotes the text.
      return { failure: () => notJson('JSON', text, number) };
    }
  };
}
