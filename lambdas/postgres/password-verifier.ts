import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

/** PostgreSQL's own figures: https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-SCRAM-ITERATIONS */
const iterations = 4096;
export const saltBytes = 16;
const keyBytes = 32;

/**
 * What PostgreSQL stores for a password, `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` (RFC 5803), and takes in its
 * place. For passwords of ASCII letters and digits, which SASLprep leaves as they are.
 * https://www.postgresql.org/docs/current/catalog-pg-authid.html
 */
export function passwordVerifier(password: string, salt: Uint8Array): string {
  const salted = pbkdf2Sync(password, salt, iterations, keyBytes, 'sha256');
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  const storedKey = createHash('sha256').update(clientKey).digest('base64');
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64');
  return `SCRAM-SHA-256$${iterations}:${Buffer.from(salt).toString('base64')}$${storedKey}:${serverKey}`;
}
