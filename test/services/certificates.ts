import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Files of a server's TLS: an authority made for one test, and a certificate for `localhost` by it. */
export interface ServerCertificate {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
  readonly authorityText: string;
}

/** By openssl: Node makes keys, but no certificates. */
export function makeCertificate(folder: string): ServerCertificate {
  const path = (name: string): string => join(folder, name);
  const openssl = (...given: string[]): void => {
    execFileSync('openssl', given, { stdio: 'ignore' });
  };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-days', '2'];
  openssl('req', '-x509', ...newKey, '-subj', '/CN=authority', '-keyout', path('ca.key'), '-out', path('ca.pem'));
  openssl(
    ...['req', '-x509', ...newKey, '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'],
    ...['-addext', 'basicConstraints=critical,CA:FALSE', '-CA', path('ca.pem'), '-CAkey', path('ca.key')],
    ...['-keyout', path('server.key'), '-out', path('server.pem')],
  );
  // The servers run as another user where this one is root.
  for (const name of ['ca.pem', 'server.pem', 'server.key']) chmodSync(path(name), 0o644);
  return {
    authority: path('ca.pem'),
    certificate: path('server.pem'),
    key: path('server.key'),
    authorityText: readFileSync(path('ca.pem'), 'utf8'),
  };
}
