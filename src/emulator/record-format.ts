import type { ChunkWriter } from './chunk-writer.ts';
import type { RecordView } from './record-view.ts';

/** How records become the bytes of an answer. */
export interface RecordFormat {
  readonly contentType: string;
  /** Before the first record, also when there is none. */
  readonly begin: string;
  /** Between two records. */
  readonly separator: string;
  /** After each record. */
  readonly terminator: string;
  /** After the last record, also when there is none. */
  readonly end: string;
  /** Writes one record, or leaves out that writing copies the stored lines as they are. */
  readonly write?: (writer: ChunkWriter, record: RecordView) => void;
}
