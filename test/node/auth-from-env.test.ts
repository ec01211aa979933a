import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from 'tideway';
import { authFromEnv } from 'tideway/node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

describe('authFromEnv', () => {
  let folder = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tideway-env-'));
    vi.spyOn(process, 'cwd').mockReturnValue(join(folder, 'a', 'b'));
    mkdirSync(join(folder, 'a', 'b'), { recursive: true });
  });

  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(folder, { recursive: true });
  });

  it('prefers a key to the credential of a job, and SH_APIKEY to SHUB_APIKEY', () => {
    expect(authFromEnv({ env: { SH_APIKEY: 'one', SHUB_APIKEY: 'two', SHUB_JOBAUTH: 'three' } })).toBe('one');
    expect(authFromEnv({ env: { SHUB_APIKEY: 'two', SHUB_JOBAUTH: 'three' } })).toBe('two');
    expect(authFromEnv({ env: { SHUB_JOBAUTH: 'three' } })).toBe('three');
  });

  it('takes empty values for none', () => {
    expect(authFromEnv({ env: { SH_APIKEY: '', SHUB_APIKEY: 'two' } })).toBe('two');
  });

  it('reads the nearest .env above the working directory when the environment has none', () => {
    writeFileSync(join(folder, '.env'), 'SH_APIKEY=far\n');
    expect(authFromEnv({ env: {} })).toBe('far');
    writeFileSync(join(folder, 'a', '.env'), '# comment\nSHUB_APIKEY="near"\n');
    expect(authFromEnv({ env: {} })).toBe('near');
    expect(authFromEnv({ env: { SHUB_JOBAUTH: 'set' } })).toBe('set');
  });

  it('reads the .env file that it is told to', () => {
    writeFileSync(join(folder, 'keys'), 'SHUB_JOBAUTH=abc\n');
    expect(authFromEnv({ env: {}, dotenv: join(folder, 'keys') })).toBe('abc');
    expect(() => authFromEnv({ env: {}, dotenv: join(folder, 'none') })).toThrow(ConfigurationError);
  });

  it('does not change the environment', () => {
    writeFileSync(join(folder, 'a', '.env'), 'SH_APIKEY=near\nOTHER=1\n');
    const before = { ...process.env };
    authFromEnv({ env: {} });
    expect(process.env).toEqual(before);
  });

  it('says what it looked for when there is nothing', () => {
    expect(() => authFromEnv({ env: {} })).toThrow(/SH_APIKEY, SHUB_APIKEY, SHUB_JOBAUTH/);
  });
});
