import { strictDecoder } from './bytes.ts';

/** A report of a job as a project's reports show it. */
export function storedReport(
  job: string,
  key: string,
  contentType: string,
  bytes: Uint8Array,
): Readonly<Record<string, string>> {
  const report = { job, key, content_type: contentType };
  try {
    return { ...report, content: strictDecoder.decode(bytes) };
  } catch {
    // What is not text is kept all the same.
    let binary = '';
    for (const byte of bytes) binary += String.fromCharCode(byte);
    return { ...report, content_base64: btoa(binary) };
  }
}
