import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseEnv } from 'node:util';
import { ConfigurationError } from '../errors/index.ts';

/** Where {@link authFromEnv} looks. */
export interface AuthFromEnvOptions {
  /** @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The path of a `.env` file. @default the nearest `.env` in the working directory or above it */
  readonly dotenv?: string;
}

/** In this order: a key opens the whole account, the credential of a job (in hex) its data while it runs. */
const NAMES: readonly string[] = ['SH_APIKEY', 'SHUB_APIKEY', 'SHUB_JOBAUTH'];

/**
 * The credential that the environment holds, for `auth`: `SH_APIKEY`, else `SHUB_APIKEY`, else `SHUB_JOBAUTH`; where
 * none of them is set, the same names in a `.env` file. The environment is not changed, and empty values are none.
 *
 * @throws ConfigurationError when there is none.
 */
export function authFromEnv(options: AuthFromEnvOptions = {}): string {
  const { dotenv, env = process.env } = options;
  const found = find(env) ?? find(parseEnv(dotenv === undefined ? nearest(process.cwd()) : read(dotenv)));
  if (found !== undefined) return found;
  throw new ConfigurationError(`Expected one of ${NAMES.join(', ')} in the environment or a \`.env\` file, got none`);
}

function find(values: Readonly<Record<string, string | undefined>>): string | undefined {
  return NAMES.map((name) => values[name]).find((value) => value !== undefined && value !== '');
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new ConfigurationError(`Expected \`dotenv\` to be a file that can be read, got \`${file}\``);
  }
}

function nearest(folder: string): string {
  try {
    return readFileSync(join(folder, '.env'), 'utf8');
  } catch {
    const parent = dirname(folder);
    return parent === folder ? '' : nearest(parent);
  }
}
