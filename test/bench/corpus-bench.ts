import type { Sight } from './contestants.ts';
import { CORPORA, type CorpusName } from './corpora.ts';
import type { Bench } from './part.ts';
import type { CorpusServer } from './processes.ts';
import type { Facts } from './server.ts';

/** What the parts are given that read corpora. */
export interface CorpusBench extends Bench {
  readonly server: CorpusServer;
}

/** What contestants saw and was not there, or the other way round. */
export function contradictions(sights: readonly Sight[], { records, bytes, checksum }: Facts): string[] {
  return sights.flatMap((sight) => [
    ...(sight.records === records ? [] : [`${sight.records} records in place of ${records}`]),
    ...(sight.checksum === checksum ? [] : [`the checksum ${sight.checksum} in place of ${checksum}`]),
    ...((sight.bytes ?? bytes) === bytes ? [] : [`${sight.bytes} bytes in place of ${bytes}`]),
  ]);
}

/** What is in a corpus. */
export function factsOf(server: CorpusServer, corpus: CorpusName, keyed: boolean): Promise<Facts> {
  return server.json(`/facts/${CORPORA.indexOf(corpus) + 1}/${keyed ? 'keyed' : 'plain'}`);
}
