import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { LogRecord } from 'tideway';
import type { Cloud } from './cloud.ts';
import { DownloadPart } from './download-part.tsx';
import { Problem } from './problem.tsx';
import { RatePlot, type Sample } from './rate-plot.tsx';
import { Rows } from './rows.ts';
import { usePolling } from './use-polling.ts';
import { VirtualList } from './virtual-list.tsx';

type Item = Readonly<Record<string, unknown>>;

/** Milliseconds between two looks at what a running job stored. */
const FOLLOW: { readonly interval: number } = { interval: 1_000 };
/** Milliseconds between two looks at the state, and between two samples of the rate. */
const INTERVAL = 1_000;
/** Milliseconds between two times that the lists are drawn while rows come. */
const DRAW_INTERVAL = 150;
/** Seconds; samples that are closer tell no rate. */
const LEAST_STEP = 0.5;
/** Samples that the plot keeps: an hour. */
const MOST_SAMPLES = 3_600;
/** Characters of a row. */
const LONGEST_ROW = 500;
const LEVELS: Readonly<Record<number, string>> = {
  10: 'debug',
  20: 'info',
  30: 'warning',
  40: 'error',
  50: 'critical',
};

interface Props extends Cloud {
  /** The job's key. */
  readonly name: string;
}

/** A job: its items and its log as they come, how fast that is, and what can be done with it. */
export function JobPage({ cloud, name, settle }: Props): JSX.Element {
  const job = useMemo(() => cloud.getJob(name), [cloud, name]);
  const items = useMemo(() => new Rows<Item>(), [job]);
  const logs = useMemo(() => new Rows<LogRecord>(), [job]);
  const [state, setState] = useState<string>();
  const [spider, setSpider] = useState('');
  const [samples, setSamples] = useState<readonly Sample[]>([]);
  const [stateError, setStateError] = useState<unknown>();
  const [itemsError, setItemsError] = useState<unknown>();
  const [logsError, setLogsError] = useState<unknown>();
  const [cancelError, setCancelError] = useState<unknown>();
  const [, draw] = useState(0);
  const isDrawn = useRef(true);
  const isFinal = state === 'finished' || state === 'deleted';
  const isThere = state !== undefined;

  const look = async (signal: AbortSignal): Promise<void> => {
    try {
      if (!isFinal) {
        const known = Object.fromEntries(await job.metadata.list({ signal }));
        if (known.state === undefined) throw new Error(`There is no job ${name}`);
        setSpider(String(known.spider));
        if (known.state === 'finished' || known.state === 'deleted') settle(name);
        setState(String(known.state));
      }
      setStateError(undefined);
    } catch (reason) {
      if (!signal.aborted) setStateError(reason);
    }
    setSamples((before) => withSample(before, items.length));
  };
  usePolling(look, INTERVAL, [job, isFinal]);

  // Whether it is finished is known before the first row is asked for: what a finished job stored may be kept.
  // It hangs on no later state: a job that ends meanwhile is followed to its end.
  useEffect(() => {
    if (!isThere) return;
    const controller = new AbortController();
    const { signal } = controller;
    const follow = isFinal ? undefined : FOLLOW;
    const show = (): void => {
      if (!isDrawn.current) return;
      isDrawn.current = false;
      setTimeout(() => {
        isDrawn.current = true;
        draw((count) => count + 1);
      }, DRAW_INTERVAL);
    };
    const fill = async <T,>(rows: Rows<T>, from: AsyncIterable<readonly T[]>, onError: (error: unknown) => void) => {
      try {
        for await (const batch of from) {
          rows.push(batch);
          show();
        }
      } catch (reason) {
        if (!signal.aborted) onError(reason);
      }
    };
    void fill(items, job.items.iter<Item>({ follow, signal }).batches(), setItemsError);
    void fill(logs, job.logs.iter({ follow, signal }).batches(), setLogsError);
    return () => controller.abort();
  }, [job, isThere]);

  const cancel = async (): Promise<void> => {
    try {
      await job.cancel();
      setCancelError(undefined);
    } catch (reason) {
      setCancelError(reason);
    }
  };
  const { rate = 0 } = samples.at(-1) ?? {};
  return (
    <>
      <nav class="trail" aria-label="Where this is">
        <a href="#/">Projects</a> / {name.split('/', 1)}
      </nav>
      <div class="title">
        <h1>Job {name}</h1>
        {(isThere || stateError === undefined) && (
          <span class={`state ${state ?? ''}`} data-testid="state">
            {state ?? 'Loading …'}
          </span>
        )}
        <span class="of">{spider}</span>
        {state !== undefined && !isFinal && (
          <button type="button" class="danger" onClick={cancel}>
            Cancel the job
          </button>
        )}
      </div>
      <Problem error={stateError} />
      <Problem error={cancelError} />
      {isThere && (
        <div class="figures">
          <div class="tiles">
            <p class="card tile" data-testid="count">
              <b>{items.length.toLocaleString()}</b> items
            </p>
            <p class="card tile">
              <b>{Math.round(rate).toLocaleString()}</b> a second
            </p>
            <p class="card tile">
              <b>{logs.length.toLocaleString()}</b> log lines
            </p>
          </div>
          <RatePlot samples={samples} />
        </div>
      )}
      {isThere && (
        <div class="lists">
          <section class="card" aria-label="All items">
            <DownloadPart job={job} fields={Object.keys(items.at(0) ?? {})} />
            <Problem error={itemsError} />
            <VirtualList label="Items" rows={items} show={itemLine} isLive={!isFinal} />
          </section>
          <section class="card" aria-label="Whole log">
            <div class="top">
              <h2>Log</h2>
            </div>
            <Problem error={logsError} />
            <VirtualList
              label="Log"
              rows={logs}
              show={logLine}
              mark={({ level }) => LEVELS[level] ?? ''}
              isLive={!isFinal}
            />
          </section>
        </div>
      )}
    </>
  );
}

function withSample(before: readonly Sample[], items: number): readonly Sample[] {
  const time = Date.now() / 1000;
  const last = before.at(-1);
  if (last && Math.abs(time - last.time) < LEAST_STEP) return before;
  const rate = last && time > last.time ? (items - last.items) / (time - last.time) : 0;
  return [...before.slice(1 - MOST_SAMPLES), { time, items, rate }];
}

function itemLine(item: Item): string {
  return JSON.stringify(item).slice(0, LONGEST_ROW);
}

function logLine({ level, message, time }: LogRecord): string {
  const clock = new Date(time).toLocaleTimeString();
  return `${clock} ${(LEVELS[level] ?? String(level)).toUpperCase()} ${message.slice(0, LONGEST_ROW)}`;
}
