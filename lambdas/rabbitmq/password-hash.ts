import { createHash } from 'node:crypto';
import type { KeptPassword } from './management.ts';

export const saltBytes = 4;

/**
 * What RabbitMQ keeps of a password, and takes in its place: a salt of four bytes, and the SHA-256 of both.
 * https://www.rabbitmq.com/docs/passwords#computing-password-hash
 */
export function passwordHash(password: string, salt: Uint8Array): KeptPassword {
  const digest = createHash('sha256').update(salt).update(password, 'utf8').digest();
  return {
    password_hash: Buffer.concat([salt, digest]).toString('base64'),
    hashing_algorithm: 'rabbit_password_hashing_sha256',
  };
}
