import { expect, it } from 'vitest';
import { leftOut } from './available.ts';

/*
 * `npm test` starts no real MariaDB, RabbitMQ or Redis: `npm run test:services` does, where Debian's packages are installed.
 */
console.warn(leftOut() ?? 'Rotations at real MariaDB, RabbitMQ and Redis are left out: npm run test:services');

it('what is left out is named with the packages that it needs', () => {
  expect(leftOut() ?? '').toMatch(/^$|install Debian's [a-z -]+ and openssl\.$/);
});
