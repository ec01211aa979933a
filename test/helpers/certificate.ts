import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The files of a certificate of `localhost` that nobody has signed but itself; they are removed with it. */
export interface Certificate extends Disposable {
  readonly key: string;
  readonly cert: string;
}

/** Makes a certificate by openssl. */
export function makeCertificate(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'tideway-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const made = spawnSync('openssl', [...args, ...name, '-keyout', key, '-out', cert]);
  if (made.status !== 0) throw new Error('openssl made no certificate: install it to run these tests');
  return { key, cert, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
