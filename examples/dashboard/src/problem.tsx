import type { JSX } from 'preact';

interface Props {
  readonly error: unknown;
}

/** Says what went wrong, where it did. */
export function Problem({ error }: Props): JSX.Element | null {
  if (error === undefined) return null;
  return (
    <p class="problem" role="alert">
      {error instanceof Error ? error.message : String(error)}
    </p>
  );
}
