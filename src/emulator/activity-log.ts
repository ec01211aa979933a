import type { RecordCursor } from './listed-records.ts';
import { RecordStore } from './record-store.ts';
import type { RecordView } from './record-view.ts';

/** What happened in a project: events of any form, in the order in which they came. */
export class ActivityLog {
  readonly project: number;
  readonly store: RecordStore = new RecordStore();

  constructor(project: number) {
    this.project = project;
  }

  /** Adds events, as compact JSON, at one time. */
  add(lines: readonly string[], time: number): void {
    this.store.write(this.store.end, lines, time);
  }
}

/** One log on its way back in time; what is added meanwhile does not count. */
interface Position {
  readonly log: ActivityLog;
  /** The next event is the one before this index. */
  index: number;
  /** The last event that is wanted. */
  readonly until: number;
}

/** The events of logs together, the newest first, at most so many of each. */
export class ActivityCursor implements RecordCursor {
  readonly #positions: readonly Position[];

  constructor(logs: readonly ActivityLog[], countEach: number = Number.POSITIVE_INFINITY) {
    this.#positions = logs.map((log) => {
      const { end } = log.store;
      return { log, index: end, until: Math.max(0, end - countEach) };
    });
  }

  next(view: RecordView): boolean {
    let newest: Position | undefined;
    for (const position of this.#positions) {
      if (position.index === position.until) continue;
      if (newest === undefined || timeOf(position) > timeOf(newest)) newest = position;
    }
    if (newest === undefined) return false;
    newest.index -= 1;
    const block = newest.log.store.blockFrom(newest.index);
    if (block === undefined) return false;
    view.project = newest.log.project;
    view.move(block, newest.index - block.first);
    return true;
  }
}

function timeOf({ log, index }: Position): number {
  const block = log.store.blockFrom(index - 1);
  return block?.times[index - 1 - block.first] ?? 0;
}
