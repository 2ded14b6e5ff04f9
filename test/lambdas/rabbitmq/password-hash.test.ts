import { expect, it } from 'vitest';
import { passwordHash } from '../../../lambdas/rabbitmq/password-hash.ts';

it('is the one of RabbitMQ’s manual', () => {
  // https://www.rabbitmq.com/docs/passwords#computing-password-hash: salt 90 8D C6 0A, password test12.
  expect(passwordHash('test12', Buffer.from('908DC60A', 'hex'))).toEqual({
    password_hash: 'kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR',
    hashing_algorithm: 'rabbit_password_hashing_sha256',
  });
});
