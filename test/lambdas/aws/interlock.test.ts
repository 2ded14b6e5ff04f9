import { beforeAll, describe, expect, it } from 'vitest';
import type { InterlockSubject } from '../../../domain/interlock.ts';
import { DynamoDb } from '../../../rehearsal/aws/dynamodb.ts';
import { AwsError, NoAnswer, type SimulatedService } from '../../../rehearsal/aws/service.ts';
import { bundleHandler } from '../../rehearsal/lambda/bundle.ts';
import { lambdaWorld, startsAt } from '../../rehearsal/lambda/world.ts';

const table = 'mainstay-aeon-interlock';
const rights = ['PutItem', 'ConditionCheckItem', 'DeleteItem', 'Scan'].map((action) => `dynamodb:${action}`);
let folder = '';

beforeAll(async () => {
  folder = await bundleHandler(`
    import { dynamoInterlock } from '../../../lambdas/aws/interlock.ts';
    const interlock: any = dynamoInterlock('us-east-1', '${table}', { now: () => new Date() });
    const one = async ([operation, ...given]: [string, ...unknown[]]) => {
      try {
        return { gave: await interlock[operation](...given) };
      } catch (error: any) {
        return { error: error.name, message: error.message, claim: error.claim };
      }
    };
    export const handler = (calls: [string, ...unknown[]][]) => Promise.all(calls.map(one));
  `);
});

type Call =
  | readonly ['claim', { work: string; holder: string; subjects: readonly InterlockSubject[]; forSeconds: number }]
  | readonly ['release', string, readonly InterlockSubject[]]
  | readonly ['list'];

interface Answer {
  readonly gave?: readonly { subject: string; holder: string; until: string }[];
  readonly error?: string;
  readonly message?: string;
  readonly claim?: object;
}

/** The adapter as it is bundled, on the SDK's own wire, before the simulated DynamoDB. */
async function world(around?: (service: DynamoDb) => SimulatedService) {
  const made = await lambdaWorld({ folder, statements: [{ Effect: 'Allow', Action: rights, Resource: '*' }] });
  const dynamoDb = new DynamoDb(made.account);
  made.account.register({ services: [around ? around(dynamoDb) : dynamoDb], providers: [] });
  dynamoDb.tables.create({
    name: table,
    keys: { partition: 'subject' },
    attributeTypes: { subject: 'S' },
    indexes: new Map(),
    regions: ['us-east-1'],
    keyArns: {},
  });
  const together = (...calls: Call[]) => made.answer(calls) as Promise<Answer[]>;
  const call = async (...given: Call): Promise<Answer> => (await together(given))[0] ?? {};
  const wait = (seconds: number) => made.kernel.run({ until: made.kernel.now() + seconds * 1000 });
  const items = () => dynamoDb.items('us-east-1', table);
  return { ...made, call, together, wait, items };
}

const rotation = (holder: string, ...subjects: InterlockSubject[]): Call => [
  'claim',
  { work: 'rotation', holder, subjects, forSeconds: 600 },
];
const hour = (secondsLater: number) =>
  expect.stringMatching(`^${new Date(startsAt + secondsLater * 1000).toISOString().slice(0, 16)}`);

describe('a claim', () => {
  it('is had whole or not at all', async () => {
    const { call, items } = await world();
    await call(...rotation('jwt', 'service/aeon-dt-api'));
    const refused = await call(...rotation('password', 'database/aeon-dt', 'service/aeon-dt-api'));
    expect(refused).toMatchObject({
      error: 'WorkInProgress',
      claim: { holder: 'jwt', subject: 'service/aeon-dt-api' },
    });
    expect(refused.message).toContain("'service/aeon-dt-api' can't be had: a rotation (jwt) holds");
    expect(items().map(({ subject }) => subject?.['S'])).toEqual(['service/aeon-dt-api']);
  });

  it('of other things is had beside it', async () => {
    const { call } = await world();
    await call(...rotation('jwt', 'service/aeon-dt-api'));
    expect(await call(...rotation('password', 'database/aeon-dt'))).toMatchObject({
      gave: [{ subject: 'database/aeon-dt', holder: 'password', until: hour(600) }],
    });
  });

  it('is had again by its holder, with the later hour', async () => {
    const { call, wait } = await world();
    await call('claim', { work: 'promotion', holder: 'run-1', subjects: ['service/a'], forSeconds: 3600 });
    await wait(60);
    const again = await call('claim', { work: 'promotion', holder: 'run-1', subjects: ['service/a'], forSeconds: 600 });
    expect(again.gave).toMatchObject([{ until: hour(3600) }]);
    const longer = await call('claim', {
      work: 'promotion',
      holder: 'run-1',
      subjects: ['service/a'],
      forSeconds: 7200,
    });
    expect(longer.gave).toMatchObject([{ until: hour(7260) }]);
  });

  it('binds nobody once its hour has passed, and not a moment before', async () => {
    const { call, wait } = await world();
    await call(...rotation('dead', 'database/aeon-dt'));
    await wait(595);
    expect(await call(...rotation('next', 'database/aeon-dt'))).toMatchObject({ error: 'WorkInProgress' });
    await wait(5);
    expect(await call(...rotation('next', 'database/aeon-dt'))).toMatchObject({ gave: [{ holder: 'next' }] });
  });

  it('of two at the same moment one is had', async () => {
    const { together } = await world();
    const answers = await together(rotation('a', 'service/x', 'service/y'), rotation('b', 'service/y', 'service/z'));
    expect(answers.map(({ error }) => error ?? 'had').sort()).toEqual(['WorkInProgress', 'had']);
  });
});

describe('the whole platform', () => {
  const failover = (holder: string): Call => [
    'claim',
    { work: 'failover', holder, subjects: ['platform'], forSeconds: 600 },
  ];

  it('bars every part for all others, not for its holder', async () => {
    const { call } = await world();
    await call(...failover('move'));
    expect(await call(...rotation('jwt', 'service/a'))).toMatchObject({
      error: 'WorkInProgress',
      claim: { holder: 'move' },
    });
    expect(await call(...rotation('move', 'service/a'))).toMatchObject({ gave: [{ subject: 'service/a' }] });
  });

  it('is not had while another has a part, and then bars nobody', async () => {
    const { call, items } = await world();
    await call(...rotation('jwt', 'service/a'));
    expect(await call(...failover('move'))).toMatchObject({ error: 'WorkInProgress', claim: { holder: 'jwt' } });
    expect(items()).toHaveLength(1);
    expect(await call(...rotation('password', 'database/b'))).not.toHaveProperty('error');
  });

  it('of a part and the platform at the same moment, both are never had', async () => {
    for (const order of [true, false]) {
      const { together, call } = await world();
      const calls: Call[] = [failover('move'), rotation('jwt', 'service/a')];
      const answers = await together(...(order ? calls : calls.reverse()));
      expect(answers.filter(({ gave }) => gave).length).toBeLessThan(2);
      const left = (await call('list')).gave ?? [];
      expect(left).toHaveLength(answers.filter(({ gave }) => gave).length);
    }
  });
});

describe('giving back', () => {
  it('leaves what another has', async () => {
    const { call, wait } = await world();
    await call(...rotation('dead', 'service/a', 'service/b'));
    await wait(601);
    await call(...rotation('next', 'service/a'));
    expect(await call('release', 'dead', ['service/a', 'service/b', 'service/c'])).not.toHaveProperty('error');
    expect((await call('list')).gave).toMatchObject([{ subject: 'service/a', holder: 'next' }]);
  });

  it('is seen in the list, as is a lapse', async () => {
    const { call, wait } = await world();
    await call(...rotation('jwt', 'service/a', 'service/b'));
    await call('release', 'jwt', ['service/a']);
    expect((await call('list')).gave).toEqual([
      { subject: 'service/b', work: 'rotation', holder: 'jwt', until: hour(600) },
    ]);
    await wait(601);
    expect((await call('list')).gave).toEqual([]);
  });
});

describe('a failing DynamoDB', () => {
  /** `TransactWriteItems` answered by `answer` so many times. */
  const troubled = (times: number, answer: () => never) => (service: DynamoDb) => {
    let left = times;
    const real = service.operations['TransactWriteItems'];
    if (!real) throw new Error('not modelled');
    return {
      id: service.id,
      operations: {
        ...service.operations,
        TransactWriteItems: {
          ...real,
          run: (...given: Parameters<typeof real.run>) => (left-- > 0 ? answer() : real.run(...given)),
        },
      },
    };
  };
  const conflict = () => {
    const CancellationReasons = [{ Code: 'TransactionConflict' }, { Code: 'None' }];
    throw new AwsError('TransactionCanceledException', 'Transaction cancelled', 400, { CancellationReasons });
  };

  it('transactions that meet are tried again', async () => {
    const { call } = await world(troubled(2, conflict));
    expect(await call(...rotation('jwt', 'service/a'))).toMatchObject({ gave: [{ holder: 'jwt' }] });
  });

  it('says that later is right when they go on meeting', async () => {
    const { call } = await world(troubled(9, conflict));
    expect(await call(...rotation('jwt', 'service/a'))).toMatchObject({ error: 'AwsUnavailable' });
  });

  it('an answer that is lost is asked for again, and the claim is had', async () => {
    const { call, items } = await world((service) => {
      const real = service.operations['TransactWriteItems'];
      if (!real) throw new Error('not modelled');
      let lost = false;
      const run = async (...given: Parameters<typeof real.run>) => {
        const answer = await real.run(...given);
        if (lost) return answer;
        lost = true;
        throw new NoAnswer('the answer was lost', true);
      };
      return { id: service.id, operations: { ...service.operations, TransactWriteItems: { ...real, run } } };
    });
    expect(await call(...rotation('jwt', 'service/a'))).toMatchObject({ gave: [{ holder: 'jwt' }] });
    expect(items()).toHaveLength(1);
  });
});

it('claims that no page ends are an error: one that nobody read would bar nothing', async () => {
  const { call } = await world((service) => {
    const real = service.operations['Scan'];
    if (!real) throw new Error('not modelled');
    const run = async (...given: Parameters<typeof real.run>) => ({
      ...(await real.run(...given)),
      LastEvaluatedKey: { subject: { S: 'platform' } },
    });
    return { id: service.id, operations: { ...service.operations, Scan: { ...real, run } } };
  });
  expect(await call('list')).toMatchObject({
    error: 'AwsUnavailable',
    message: expect.stringContaining('mainstay-aeon-interlock has more than 10 pages of claims'),
  });
});

it('a role that may not check the platform may not claim', async () => {
  const made = await lambdaWorld({
    folder,
    statements: [{ Effect: 'Allow', Action: rights.filter((right) => !right.includes('Check')), Resource: '*' }],
  });
  const dynamoDb = new DynamoDb(made.account);
  made.account.register({ services: [dynamoDb], providers: [] });
  dynamoDb.tables.create({
    name: table,
    keys: { partition: 'subject' },
    attributeTypes: { subject: 'S' },
    indexes: new Map(),
    regions: ['us-east-1'],
    keyArns: {},
  });
  const [answer] = (await made.answer([rotation('jwt', 'service/a')])) as Answer[];
  expect(answer).toMatchObject({ error: 'AwsRefused', message: expect.stringContaining('ConditionCheckItem') });
});
