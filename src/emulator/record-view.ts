import { strictDecoder } from './bytes.ts';
import { type Block, beginOf } from './record-store.ts';

/** A line among others in one array, with the time it was written at. */
export interface PackedLine {
  readonly bytes: Uint8Array;
  readonly begin: number;
  /** Where the line ends, without its newline. */
  readonly end: number;
  readonly time: number;
}

/** One record while an answer is made of it. One view serves all the records of an answer, one after the other. */
export class RecordView {
  /** The key of the job, `P/S/J`. */
  job = '';
  index = 0;
  /** The key of a record that is not one of a job. */
  ownKey: string | undefined;
  /** The project, where records of several are shown together. */
  project = 0;
  time = 0;
  bytes: Uint8Array = new Uint8Array(0);
  begin = 0;
  /** Where the line ends, without its newline. */
  end = 0;
  #value: unknown;
  #isParsed = false;

  get key(): string {
    return this.ownKey ?? `${this.job}/${this.index}`;
  }

  /** The record itself, parsed when it is first looked at. */
  get value(): unknown {
    if (!this.#isParsed) {
      this.#value = JSON.parse(this.text);
      this.#isParsed = true;
    }
    return this.#value;
  }

  /** The record's line. */
  get text(): string {
    return strictDecoder.decode(this.bytes.subarray(this.begin, this.end));
  }

  /** Points the view at a record of a block. */
  move(block: Block, position: number): void {
    this.index = block.first + position;
    this.time = block.times[position] ?? 0;
    this.bytes = block.bytes;
    this.begin = beginOf(block, position);
    this.end = (block.ends[position] ?? 1) - 1;
    this.#isParsed = false;
  }

  /** Points the view at a line that stands anywhere, without its newline. */
  show(key: string, line: PackedLine): void {
    this.ownKey = key;
    this.time = line.time;
    this.bytes = line.bytes;
    this.begin = line.begin;
    this.end = line.end;
    this.#isParsed = false;
  }
}
