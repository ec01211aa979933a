import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Job } from 'tideway';
import { Problem } from './problem.tsx';
import { type Saved, saveItems } from './save.ts';

interface Props {
  readonly job: Job;
  /** The columns of CSV. */
  readonly fields: readonly string[];
}

/** The head of the items: downloads all of them as a file, and shows how far that is. */
export function DownloadPart({ fields, job }: Props): JSX.Element {
  const [saved, setSaved] = useState<Saved>();
  const [total, setTotal] = useState(0);
  const [error, setError] = useState<unknown>();
  const running = useRef<AbortController | undefined>(undefined);
  // Whoever leaves the page needs the file no more.
  useEffect(() => () => running.current?.abort(), []);

  const save = async (format: 'jl' | 'csv'): Promise<void> => {
    const controller = new AbortController();
    running.current = controller;
    setError(undefined);
    setSaved({ rows: 0, bytes: 0 });
    let last = 0;
    try {
      const { totals } = await job.items.stats({ signal: controller.signal });
      setTotal(totals.input_values ?? 0);
      await saveItems(job, format, fields, controller.signal, (progress) => {
        // Drawn a few times a second, however many pieces come.
        if (performance.now() - last < 100) return;
        last = performance.now();
        setSaved(progress);
      });
    } catch (reason) {
      if (!controller.signal.aborted) setError(reason);
    }
    running.current = undefined;
    setSaved(undefined);
  };
  return (
    <>
      <div class="top">
        <h2>Items</h2>
        <div class="row">
          <button type="button" disabled={saved !== undefined} onClick={() => save('jl')}>
            Download JSON lines
          </button>
          <button type="button" disabled={saved !== undefined || fields.length === 0} onClick={() => save('csv')}>
            Download CSV
          </button>
        </div>
      </div>
      {saved && (
        <div class="saving">
          <label>
            {(saved.bytes / 1e6).toFixed(1)} MB{' '}
            <progress value={Math.min(saved.rows, total)} max={Math.max(total, 1)} />
          </label>
          <button type="button" onClick={() => running.current?.abort()}>
            Stop the download
          </button>
        </div>
      )}
      <Problem error={error} />
    </>
  );
}
