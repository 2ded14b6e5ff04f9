import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LeaseRecord, Renewal } from '../../../domain/lease.ts';
import { DynamoDb } from '../../../rehearsal/aws/dynamodb.ts';
import { bundleHandler } from '../../rehearsal/lambda/bundle.ts';
import { lambdaWorld, startsAt } from '../../rehearsal/lambda/world.ts';
import { MemoryLeases, start, TestClock } from '../failover/world.ts';

const table = 'mainstay-aeon-leases';
const region = 'us-east-1';
let folder = '';

beforeAll(async () => {
  folder = await bundleHandler(`
    import { dynamoLeases, dynamoWatch } from '../../../lambdas/aws/leases.ts';
    const ports: any = {
      leases: dynamoLeases('${region}', '${table}', { now: () => new Date() }),
      watch: dynamoWatch('${region}', '${table}'),
    };
    export const handler = async ([port, call, ...given]: [string, string, ...unknown[]]) => (await ports[port][call](...given)) ?? null;
  `);
});

async function world() {
  const Action = ['GetItem', 'PutItem', 'UpdateItem'].map((action) => `dynamodb:${action}`);
  const made = await lambdaWorld({ folder, statements: [{ Effect: 'Allow', Action, Resource: '*' }] });
  const dynamoDb = new DynamoDb(made.account);
  made.account.register({ services: [dynamoDb], providers: [] });
  dynamoDb.tables.create({
    name: table,
    keys: { partition: 'subject' },
    attributeTypes: { subject: 'S' },
    indexes: new Map(),
    regions: [region],
    keyArns: {},
  });
  const call = (...given: unknown[]) => made.answer(given);
  return { call, lease: (...given: unknown[]) => call('leases', given[0], region, ...given.slice(1)) };
}

const iso = (seconds: number) => new Date(startsAt + seconds * 1000).toISOString();
const renewal = (fields: Partial<Renewal> = {}): Renewal => ({
  epoch: 1,
  holder: 'us-east-1',
  until: iso(60),
  databases: ['aeon-dt'],
  ...fields,
});

describe('a table of leases', () => {
  it('closes and opens what stands, and can’t be renewed while it is closed', async () => {
    const { lease } = await world();
    expect(await lease('read')).toBeNull();
    expect(await lease('renew', renewal())).toBe(true);
    expect(await lease('close', { epoch: 1, holder: 'us-east-1' })).toEqual({ ...renewal(), closedBy: 2 });
    expect(await lease('renew', renewal({ until: iso(90) }))).toBe(false);
    expect(await lease('open', 1)).toBe(true);
    expect(await lease('open', 1)).toBe(false);
    expect(await lease('renew', renewal({ until: iso(90) }))).toBe(true);
  });

  it('puts a closed record where there is none, so that none can be made', async () => {
    const { lease } = await world();
    expect(await lease('close', { epoch: 1, holder: 'us-east-1' })).toMatchObject({
      epoch: 1,
      closedBy: 2,
      databases: [],
    });
    expect(await lease('renew', renewal())).toBe(false);
  });

  it('tells who asks that a later reign has begun', async () => {
    const { lease } = await world();
    await lease('renew', renewal());
    await lease('close', { epoch: 1, holder: 'us-east-1' });
    await lease('begin', { epoch: 2, primary: 'us-west-2' });
    await lease('begin', { epoch: 2, primary: 'eu-west-1' });
    expect(await lease('renew', renewal({ until: iso(500) }))).toBe(false);
    expect(await lease('close', { epoch: 1, holder: 'us-east-1' })).toMatchObject({ epoch: 2, holder: 'us-west-2' });
    expect(await lease('read')).not.toHaveProperty('closedBy');
  });

  it('does what the rules in the domain say, in any order of calls', async () => {
    const one = fc.oneof(
      fc.record({
        call: fc.constant('renew' as const),
        epoch: fc.integer({ min: 1, max: 3 }),
        until: fc.integer({ min: 0, max: 5 }),
      }),
      fc.record({
        call: fc.constantFrom('close' as const, 'open' as const, 'begin' as const),
        epoch: fc.integer({ min: 1, max: 3 }),
        until: fc.constant(0),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(one, { maxLength: 12 }), async (calls) => {
        const { lease } = await world();
        const clock = new TestClock();
        clock.seconds = (startsAt - start) / 1000;
        const model = new MemoryLeases(clock);
        for (const { call, epoch, until } of calls) {
          const given =
            call === 'renew'
              ? renewal({ epoch, until: iso(until * 100) })
              : call === 'close'
                ? { epoch, holder: 'us-east-1' }
                : call === 'begin'
                  ? { epoch, primary: 'us-west-2' }
                  : epoch;
          const expected = ((await (model[call] as (...given: unknown[]) => Promise<unknown>).call(
            model,
            region,
            given,
          )) ?? null) as LeaseRecord | boolean | null;
          const seen = (await lease(call, given)) as LeaseRecord | boolean | null;
          expect(timeless(seen)).toEqual(timeless(expected));
        }
        expect(timeless((await lease('read')) as LeaseRecord | null)).toEqual(
          timeless((await model.read(region)) ?? null),
        );
      }),
      { seed: 4, numRuns: 60 },
    );
  });
});

/** Records that are made of now differ in their end alone. */
function timeless(answer: LeaseRecord | boolean | null): unknown {
  if (answer === null || typeof answer === 'boolean' || answer.databases.length > 0) return answer;
  const { until: _, ...rest } = answer;
  return rest;
}

it('keeps what the watch saw, what was decided and which reign armed', async () => {
  const { call } = await world();
  expect([await call('watch', 'state'), await call('watch', 'decision'), await call('watch', 'armed')]).toEqual([
    null,
    null,
    null,
  ]);
  const state = { lookedAt: iso(0), lostSince: { lease: iso(-5) } };
  const decision = { at: iso(0), epoch: 1, outcome: 'stayed' };
  await call('watch', 'keepState', state);
  await call('watch', 'keepDecision', decision);
  await call('watch', 'arm', 3);
  expect([await call('watch', 'state'), await call('watch', 'decision'), await call('watch', 'armed')]).toEqual([
    state,
    decision,
    3,
  ]);
});
