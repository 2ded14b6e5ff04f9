import { describe, expect, it } from 'vitest';
import { NetworkError } from '../../../rehearsal/lambda/network.ts';
import { type Login, type LoginOutcome, logIn } from '../../../rehearsal/postgres/login.ts';
import { databasesWorld, ground, instance, secret } from '../aws/databases-world.ts';

async function world() {
  const { rehearsal, rds, secrets } = await databasesWorld({
    'us-east-1': { ...ground, Secret: secret, Instance: instance },
  });
  const shop = rds.instance('us-east-1', 'shop');
  if (!shop) throw new RangeError('the instance is missing');
  const login = {
    host: shop.host,
    port: shop.port,
    user: 'chief',
    password: secrets.field('us-east-1', 'master', 'password'),
    database: 'shop',
  };
  const source = { functionName: 'a pod', region: 'us-east-1', vpcId: shop.vpcId };
  const tries = async (changed: Partial<Login> = {}): Promise<LoginOutcome> => {
    let outcome: LoginOutcome | undefined;
    const { network, kernel } = rehearsal;
    void logIn(network, kernel, { ...login, ...changed }, { source, nonce: 'abc' }).then((said) => {
      outcome = said;
    });
    await kernel.run({ done: () => outcome !== undefined });
    return outcome ?? 'unreachable';
  };
  return { rehearsal, tries };
}

describe('a login of an application', () => {
  it('comes in with the right password, and no other', async () => {
    const { tries } = await world();
    expect(await tries()).toBe('in');
    expect(await tries({ password: 'wrong' })).toBe('denied');
    expect(await tries({ user: 'nobody' })).toBe('denied');
    expect(await tries({ database: 'none' })).toBe('denied');
  });

  it('is not denied where nobody answers', async () => {
    const { rehearsal, tries } = await world();
    expect(await tries({ port: 1 })).toBe('unreachable');
    rehearsal.network.intercept(async ({ host }) => {
      throw new NetworkError('ETIMEDOUT', `connect ETIMEDOUT ${host}`);
    });
    expect(await tries()).toBe('unreachable');
    rehearsal.network.intercept(async () => ({
      receive: () => undefined,
      secure: () => undefined,
      closed: () => undefined,
    }));
    expect(await tries()).toBe('unreachable');
  });
});
