import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** One request and its answer, as recorded. Bodies are decoded: `content-encoding` tells what was on the wire. */
export interface Exchange {
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
  };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
    /** In place of `body` where the answer is not text. */
    readonly bodyBase64?: string;
  };
}

/** One recorded conversation: its exchanges in order. */
export interface Conversation {
  /** Folder and file without extension: `jobq/push`. */
  readonly name: string;
  readonly exchanges: readonly Exchange[];
}

const wanted: string =
  process.env.TIDEWAY_RECORDINGS ?? fileURLToPath(new URL('../../../shared/recordings', import.meta.url));

/** Where the recordings are, or `undefined` when this checkout has none: they are not part of the repository. */
export const recordingsDirectory: string | undefined = existsSync(wanted) ? wanted : undefined;

/** The conversations of these folders, by default of all, in the order of their names; none without recordings. */
export function conversations(folders?: readonly string[]): Conversation[] {
  if (recordingsDirectory === undefined) return [];
  const root = recordingsDirectory;
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.jsonl'))
    .map((path) => path.replaceAll('\\', '/').slice(0, -'.jsonl'.length))
    .filter((name) => folders === undefined || folders.some((folder) => name.startsWith(`${folder}/`)))
    .sort()
    .map((name) => ({
      name,
      exchanges: readFileSync(`${root}/${name}.jsonl`, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line): Exchange => JSON.parse(line)),
    }));
}

/** The answer's body as bytes, decoded. */
export function responseBytes(exchange: Exchange): Uint8Array {
  const { body, bodyBase64 } = exchange.response;
  return bodyBase64 === undefined
    ? new TextEncoder().encode(body ?? '')
    : new Uint8Array(Buffer.from(bodyBase64, 'base64'));
}
