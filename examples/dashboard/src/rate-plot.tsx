import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

/** One look at how far a job is. */
export interface Sample {
  /** Seconds since the epoch. */
  readonly time: number;
  readonly items: number;
  /** Items a second. */
  readonly rate: number;
}

interface Props {
  readonly samples: readonly Sample[];
}

const HEIGHT = 200;
/** Seconds between two marks of time: less is of no interest. */
const STEPS: number[] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800];
const CLOCK: Intl.DateTimeFormat = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const SHORT: Intl.NumberFormat = new Intl.NumberFormat(undefined, { notation: 'compact' });

/** How many items there are, and how fast they come. */
export function RatePlot({ samples }: Props): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  useEffect(() => {
    const { current } = box;
    if (!current) return;
    const draw = (): void => {
      const data = plot.current?.data ?? [[], [], []];
      plot.current?.destroy();
      plot.current = new uPlot(optionsFor(current), data, current);
    };
    // Colours are those of the style sheet, which follow the system's.
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', draw);
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: current.clientWidth, height: HEIGHT }));
    observer.observe(current);
    draw();
    return () => {
      scheme.removeEventListener('change', draw);
      observer.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, []);
  useEffect(() => {
    const columns = [
      samples.map(({ time }) => time),
      samples.map(({ rate }) => rate),
      samples.map(({ items }) => items),
    ];
    plot.current?.setData(columns as [number[], number[], number[]]);
  }, [samples]);
  const { items = 0, rate = 0 } = samples.at(-1) ?? {};
  return (
    <figure class="card">
      <div class="plot" ref={box} role="img" aria-label={`${items} items, ${Math.round(rate)} a second`} />
      <figcaption>
        <span class="rate">items a second</span> <span class="total">items</span>
      </figcaption>
    </figure>
  );
}

function optionsFor(box: HTMLElement): uPlot.Options {
  const style = getComputedStyle(box);
  const colour = (name: string): string => style.getPropertyValue(name);
  const axis = { stroke: colour('--soft'), grid: { stroke: colour('--grid'), width: 1 }, ticks: { show: false } };
  const values = (_: uPlot, splits: readonly number[]): string[] => splits.map((split) => SHORT.format(split));
  return {
    width: box.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { rate: { range: { min: { hard: 0, mode: 1 }, max: { pad: 0.1, mode: 1 } } } },
    axes: [
      {
        ...axis,
        incrs: STEPS,
        space: 90,
        size: 34,
        grid: { show: false },
        values: (_, splits) => splits.map((split) => CLOCK.format(split * 1000)),
      },
      { ...axis, values, scale: 'rate' },
      { ...axis, values, scale: 'items', side: 1, grid: { show: false } },
    ],
    series: [
      {},
      {
        label: 'items a second',
        scale: 'rate',
        stroke: colour('--accent'),
        fill: colour('--area'),
        width: 2,
        points: { show: false },
      },
      { label: 'items', scale: 'items', stroke: colour('--second'), width: 2, dash: [6, 4], points: { show: false } },
    ],
  };
}
