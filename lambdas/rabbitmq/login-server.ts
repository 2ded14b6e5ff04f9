import { randomBytes } from 'node:crypto';
import { ServerRefused } from '../../domain/rotation-errors.ts';
import type { LoginServer, PasswordChange, ServerLogin } from '../ports/rotation.ts';
import { opensOverAmqp, type RabbitmqTrust } from './amqp-login.ts';
import { type KeptPassword, RabbitmqManagement } from './management.ts';
import { passwordHash, saltBytes } from './password-hash.ts';
import { prepareSecondUser } from './second-user.ts';

export interface RabbitmqSettings extends RabbitmqTrust {
  /** Of the management API, on the same host as AMQP, whose port the secret names. */
  readonly managementPort: number;
}

/** Amazon MQ's: https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/rabbitmq-defaults.html */
export const amazonMq: RabbitmqSettings = { managementPort: 443 };

/**
 * Users of a RabbitMQ from 3.8 on. They come in over AMQP; they are changed over the management API, by an administrator: a user that is none can't change its own
 * password, and so needs a superuser's secret also where it rotates alone.
 */
export function rabbitmqServer({ managementPort, ...trust }: RabbitmqSettings): LoginServer {
  const management = (login: ServerLogin) => new RabbitmqManagement({ ...login, port: managementPort }, trust);
  return {
    canLogIn: (login) => opensOverAmqp(login, trust),
    changePassword: (change) => changePassword(management, change),
    prepareUser: (preparation) =>
      prepareSecondUser(management(preparation.superuser), preparation, newHash(preparation.next)),
  };
}

/** Published directly after it was set; the former one comes back when that fails. */
async function changePassword(
  management: (login: ServerLogin) => RabbitmqManagement,
  { by, next, publish }: PasswordChange,
): Promise<void> {
  const found = await management(by).user(next.user);
  if (!found) throw new ServerRefused(next.host, `find the user '${next.user}'`, 'it does not exist');
  const former: KeptPassword = {
    password_hash: found.password_hash,
    // RabbitMQ's default since 3.6.
    hashing_algorithm: found.hashing_algorithm ?? 'rabbit_password_hashing_sha256',
  };
  await management(by).putUser(next.user, newHash(next), found.tags);
  try {
    await publish();
  } catch (error) {
    await management(by.user === next.user ? next : by).putUser(next.user, former, found.tags);
    throw error;
  }
}

/** In the password's place, which so never reaches the management API's log. */
function newHash({ password }: ServerLogin): KeptPassword {
  return passwordHash(password, randomBytes(saltBytes));
}
