import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Rows } from './rows.ts';

/** Pixels; the style sheet has the same. */
const ROW = 24;
/** Browsers draw nothing beyond 17 to 33 million pixels. Longer lists are scrolled in larger steps. */
const TALLEST = 10_000_000;

interface Props<T> {
  readonly label: string;
  readonly rows: Rows<T>;
  /** What a row says, on one line. */
  readonly show: (row: T) => string;
  /** A class for a row, such as for its level. */
  readonly mark?: (row: T) => string;
  /** Whether it begins at its end, where rows come. */
  readonly isLive: boolean;
}

/** A list of any length, of which only what can be seen is in the page. One that is at its end stays there. */
export function VirtualList<T>({ isLive, label, mark, rows, show }: Props<T>): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const [height, setHeight] = useState(0);
  const [top, setTop] = useState(0);
  const isAtEnd = useRef(isLive);
  const { length } = rows;
  const full = length * ROW;
  const tall = Math.min(full, TALLEST);
  // How far one pixel of the bar goes.
  const scale = tall > height ? Math.max(0, full - height) / (tall - height) : 1;
  const offset = top * scale;
  const first = Math.floor(offset / ROW);
  const count = Math.min(length - first, Math.ceil(height / ROW) + 1);

  useLayoutEffect(() => {
    const { current } = box;
    if (!current) return;
    const observer = new ResizeObserver(() => setHeight(current.clientHeight));
    observer.observe(current);
    return () => observer.disconnect();
  }, []);
  // Every length that is new may have moved the end.
  useLayoutEffect(() => {
    if (isAtEnd.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [length, height]);

  const scrolled = (): void => {
    const { current } = box;
    if (!current) return;
    const end = current.scrollHeight - current.clientHeight;
    isAtEnd.current = end > 0 ? current.scrollTop >= end - ROW : isLive;
    setTop(current.scrollTop);
  };
  const shown = Array.from({ length: Math.max(0, count) }, (_, place) => first + place);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without it nobody could scroll by keyboard
    <section class="list" ref={box} onScroll={scrolled} tabIndex={0} aria-label={`${label}, ${length} rows`}>
      <div style={{ height: `${tall}px` }}>
        <ol
          class="window"
          style={{ transform: `translateY(${top - (offset % ROW)}px)`, '--digits': String(length - 1).length }}
        >
          {shown.map((index) => {
            const row = rows.at(index) as T;
            return (
              <li key={index} class={mark?.(row) ?? ''} aria-posinset={index + 1} aria-setsize={length}>
                <span class="number">{index}</span> {show(row)}
              </li>
            );
          })}
        </ol>
      </div>
    </section>
  );
}
