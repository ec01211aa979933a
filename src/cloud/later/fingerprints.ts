import type { Path } from '../../http/index.ts';
import type { RecordSource } from '../../records/index.ts';
import type { Needs } from './needs.ts';

/** The fingerprints in the records of a slot, which `open` reads. */
export function fingerprintsOf(needs: Needs, path: Path, open: () => RecordSource<unknown>): RecordSource<string> {
  const source = open();
  const textOf = (record: unknown): string => {
    const { fp } = (record ?? {}) as { fp?: unknown };
    if (typeof fp === 'string') return fp;
    throw new needs.DecodeError(`a fingerprint in the JSON of ${path}`, 1, 0);
  };
  return {
    get bytes() {
      return source.bytes;
    },
    get resumes() {
      return source.resumes;
    },
    pull: async () => {
      const batch = await source.pull();
      return batch && { records: batch.records.map(textOf) };
    },
    close: (reason) => source.close(reason),
  };
}
