import type { LoginServer } from '../ports/rotation.ts';
import type { RotationPorts } from './rotated-value.ts';

/** For the functions that look after every kind: each kind's driver is loaded when it is first needed. */
export function everyServer(): RotationPorts['servers'] {
  return {
    postgres: whenNeeded(async () => (await import('../postgres/login-server.ts')).postgresServer()),
    mysql: whenNeeded(async () => (await import('../mysql/login-server.ts')).mysqlServer()),
    rabbitmq: whenNeeded(async () => {
      const { amazonMq, rabbitmqServer } = await import('../rabbitmq/login-server.ts');
      return rabbitmqServer(amazonMq);
    }),
    redis: whenNeeded(async () => (await import('../redis/login-server.ts')).redisServer()),
  };
}

function whenNeeded(load: () => Promise<LoginServer>): LoginServer {
  let loaded: Promise<LoginServer> | undefined;
  const server = (): Promise<LoginServer> => {
    loaded ??= load();
    return loaded;
  };
  return {
    canLogIn: async (login) => (await server()).canLogIn(login),
    changePassword: async (change) => (await server()).changePassword(change),
    prepareUser: async (preparation) => (await server()).prepareUser(preparation),
  };
}
