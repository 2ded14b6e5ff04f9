import { RebootDBInstanceCommand } from '@aws-sdk/client-rds';
import { expect, it } from 'vitest';
import type { DatabaseInstanceState } from '../../../rehearsal/aws/rds-instances.ts';
import { LazyStorage } from '../../../rehearsal/aws/rds-storage.ts';
import type { PeerStream } from '../../../rehearsal/lambda/network.ts';
import { minute, primary, type RdsWorld, rdsWorld } from './rds-world.ts';

/** The request for TLS, which a server answers with one letter. */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

interface Client {
  readonly heard: { readonly text: string; readonly at: number }[];
  ended: boolean;
}

/** A connection to `shop` as a function in its VPC opens it. */
async function connect(world: RdsWorld): Promise<{ client: Client; stream: PeerStream }> {
  const { kernel, network } = world.rehearsal;
  const { host, vpcId } = shopIn(world);
  const client: Client = { heard: [], ended: false };
  let outcome: { stream?: PeerStream; error?: unknown } | undefined;
  network
    .open(
      { host, port: 5432 },
      { functionName: 'test', region: primary, vpcId },
      {
        receive: (bytes) => client.heard.push({ text: bytes.toString('latin1'), at: kernel.now() }),
        closed: () => {
          client.ended = true;
        },
      },
    )
    .then(
      (stream) => {
        outcome = { stream };
      },
      (error: unknown) => {
        outcome = { error };
      },
    );
  await kernel.run({ done: () => outcome !== undefined });
  if (outcome?.stream) return { client, stream: outcome.stream };
  throw outcome?.error;
}

function shopIn(world: RdsWorld): DatabaseInstanceState {
  const instance = world.rds.instance(primary, 'shop');
  if (!instance) throw new Error('no shop');
  return instance;
}

it('a connection to a host that is lost hears nothing more, and ends when the instance is back', async () => {
  const world = await rdsWorld();
  const { client, stream } = await connect(world);
  stream.receive(sslRequest);
  await world.wait(10);
  expect(client.heard.map(({ text }) => text)).toEqual(['S']);
  expect(world.rds.connectionsTo(shopIn(world))).toBe(1);
  await world.rds.outages.lose(shopIn(world));
  stream.receive(sslRequest);
  await world.wait(minute);
  expect(client).toMatchObject({ heard: [{ text: 'S' }], ended: false });
  await expect(connect(world)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  await world.wait(10 * minute);
  expect(client.ended).toBe(true);
  await connect(world);
});

it('a restart ends connections and refuses new ones until it is over', async () => {
  const world = await rdsWorld();
  const { client } = await connect(world);
  await world.send(new RebootDBInstanceCommand({ DBInstanceIdentifier: 'shop' }));
  expect(client.ended).toBe(true);
  await expect(connect(world)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await world.wait(minute);
  await connect(world);
});

it('what a cold volume answers comes late, and so does everything behind it', async () => {
  const world = await rdsWorld();
  shopIn(world).storage = new LazyStorage(false);
  const { client, stream } = await connect(world);
  const begun = world.rehearsal.kernel.now();
  const startup = Buffer.concat([sslRequest, Buffer.from('FROM "public"."orders"')]);
  stream.receive(startup);
  await world.wait(minute);
  expect((client.heard[0]?.at ?? 0) - begun).toBeGreaterThan(10_000);
});
