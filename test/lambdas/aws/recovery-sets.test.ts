import { beforeAll, describe, expect, it } from 'vitest';
import type { RecoverySet } from '../../../domain/recovery-set.ts';
import { DynamoDb } from '../../../rehearsal/aws/dynamodb.ts';
import { bundleHandler } from '../../rehearsal/lambda/bundle.ts';
import { lambdaWorld } from '../../rehearsal/lambda/world.ts';

const table = 'mainstay-aeon-recovery-sets';
const region = 'us-east-1';
const rights = ['GetItem', 'PutItem', 'DeleteItem', 'Scan'].map((action) => `dynamodb:${action}`);
let folder = '';

beforeAll(async () => {
  folder = await bundleHandler(`
    import { dynamoRecoverySets, recoverySetImages } from '../../../lambdas/aws/recovery-sets.ts';
    const records: any = dynamoRecoverySets('${table}');
    const operations: any = {
      ...records,
      images: (region: string) => recoverySetImages('${table}', region),
      fail: (region: string, setId: string) => records.change(region, setId, (set: any) => ({ ...set, state: 'failed' })),
      leave: (region: string, setId: string) => records.change(region, setId, () => undefined),
      use: (region: string, setId: string, execution: string) => records.change(region, setId, (set: any) => ({
        ...set,
        inUse: [...set.inUse, { by: 'restore', execution, region, until: '2026-11-22T00:00:00.000Z' }],
      })),
    };
    export const handler = (calls: [string, ...unknown[]][]) =>
      Promise.all(calls.map(async ([operation, ...given]) => (await operations[operation](...given)) ?? null));
  `);
});

async function world() {
  const made = await lambdaWorld({ folder, statements: [{ Effect: 'Allow', Action: rights, Resource: '*' }] });
  const dynamoDb = new DynamoDb(made.account);
  made.account.register({ services: [dynamoDb], providers: [] });
  dynamoDb.tables.create({
    name: table,
    keys: { partition: 'setId' },
    attributeTypes: { setId: 'S' },
    indexes: new Map(),
    regions: [region],
    keyArns: {},
  });
  const together = (...calls: unknown[][]) => made.answer(calls) as Promise<unknown[]>;
  const call = async (...given: unknown[]) => (await together(given))[0];
  return { call, together, items: () => dynamoDb.items(region, table) };
}

function setOf(setId: string, databases = ['main']): RecoverySet {
  return {
    setId,
    environment: 'aeon',
    dueAt: '2026-11-21T01:00:00.000Z',
    startedAt: '2026-11-21T01:00:05.000Z',
    execution: 'arn:one',
    state: 'taking',
    databases: [],
    volumes: [],
    images: [{ repository: 'aeon/api', digest: 'sha256:1', tag: 'v1' }],
    secrets: [],
    copies: {
      [region]: {
        state: 'making',
        key: '',
        databases: Object.fromEntries(databases.map((name) => [name, `mainstay-${setId}-${name}`])),
        volumes: {},
      },
    },
    proven: [],
    inUse: [],
  };
}

describe('the records of recovery sets', () => {
  it('begin once: who comes second is told what stands', async () => {
    const { call } = await world();
    const first = setOf('aeon-1');
    expect(await call('begin', region, first)).toEqual(first);
    expect(await call('begin', region, { ...first, execution: 'arn:two' })).toEqual(first);
    expect(await call('find', region, 'aeon-1')).toEqual(first);
    expect(await call('find', region, 'aeon-2')).toBeNull();
  });

  it('lose no change of two that come at once', async () => {
    const { call, together } = await world();
    await call('begin', region, setOf('aeon-1'));
    await together(...['a', 'b', 'c', 'd'].map((execution) => ['use', region, 'aeon-1', execution]));
    const { inUse } = (await call('find', region, 'aeon-1')) as RecoverySet;
    expect(inUse.map(({ execution }) => execution).sort()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('stay as they are where a change has nothing to say, and are gone once removed', async () => {
    const { call, items } = await world();
    await call('begin', region, setOf('aeon-1'));
    const before = items();
    expect(await call('leave', region, 'aeon-1')).toEqual(setOf('aeon-1'));
    expect(items()).toEqual(before);
    expect(await call('fail', region, 'aeon-2')).toBeNull();
    await call('remove', region, 'aeon-1');
    await call('remove', region, 'aeon-1');
    expect(await call('list', region)).toEqual([]);
  });

  it('hold a thousand databases in one item', async () => {
    const { call, items } = await world();
    const databases = Array.from({ length: 1000 }, (_, index) => `database-of-a-customer-with-a-long-name-${index}`);
    const large = setOf('aeon-1', databases);
    await call('put', region, large);
    expect(await call('find', region, 'aeon-1')).toEqual(large);
    expect(items()[0]?.['record']).toHaveProperty('B');
    const [entry] = (await call('entries', region)) as { databases: string[] }[];
    expect(entry?.databases).toEqual(databases);
  });

  it('tell which images they hold', async () => {
    const { call } = await world();
    await call('put', region, setOf('aeon-1'));
    await call('fail', region, 'aeon-1');
    expect(await call('images', region)).toEqual([
      { setId: 'aeon-1', state: 'failed', images: [{ repository: 'aeon/api', digest: 'sha256:1', tag: 'v1' }] },
    ]);
  });
});
