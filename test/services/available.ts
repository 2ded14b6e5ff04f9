import { existsSync } from 'node:fs';
import { serverProgram } from './rabbitmq.ts';
import { programOf } from './service.ts';

/** Debian's packages, and whether what the tests start of them is here. */
export const services = {
  mariadb: { name: 'MariaDB', package: 'mariadb-server', installed: installed('mariadbd', 'mariadb-install-db') },
  rabbitmq: {
    name: 'RabbitMQ',
    package: 'rabbitmq-server',
    installed: installed('epmd') && existsSync(serverProgram()),
  },
  redis: { name: 'Redis', package: 'redis-server', installed: installed('redis-server') },
} as const;

/** What can't be tested on this machine, in words; undefined: nothing. */
export function leftOut(): string | undefined {
  const missing = Object.values(services).filter((service) => !service.installed);
  if (missing.length === 0) return undefined;
  const list = (key: 'name' | 'package', between: string): string => missing.map((each) => each[key]).join(between);
  return `Rotations at a real ${list('name', ', ')} are left out: install Debian's ${list('package', ' ')} and openssl.`;
}

/** Says what is left out; where the continuous integration asks, that is an error. */
export function whenInstalled(service: keyof typeof services): boolean {
  if (services[service].installed) return true;
  const text = `${leftOut()}`;
  if (process.env['CI'] === 'true') throw new Error(text);
  console.warn(text);
  return false;
}

function installed(...programs: readonly string[]): boolean {
  return ['openssl', ...programs].every((program) => programOf(program) !== undefined);
}
