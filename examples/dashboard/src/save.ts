import type { Job } from 'tideway';

/** What a download tells while it runs. */
export interface Saved {
  readonly rows: number;
  readonly bytes: number;
}

/**
 * Downloads the items of a job and hands them to the browser as a file. The gateway wants a token in a header, which no
 * link can send: so it is gathered here, in pieces that the browser may keep on its disk.
 */
export async function saveItems(
  job: Job,
  format: 'jl' | 'csv',
  fields: readonly string[],
  signal: AbortSignal,
  onProgress: (saved: Saved) => void,
): Promise<void> {
  const options = format === 'csv' ? { format, fields, includeHeaders: true, signal } : { format, signal };
  const reader = job.items.download(options).getReader();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  let rows = 0;
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    pieces.push(step.value);
    bytes += step.value.length;
    for (const byte of step.value) if (byte === 10) rows++;
    onProgress({ rows, bytes });
  }
  const link = document.createElement('a');
  link.href = URL.createObjectURL(
    new Blob(pieces, { type: format === 'csv' ? 'text/csv' : 'application/x-jsonlines' }),
  );
  link.download = `${job.key.replaceAll('/', '-')}.${format}`;
  link.click();
  // The browser has it once the click was handled.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
