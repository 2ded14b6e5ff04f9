import { beforeAll, describe, expect, it } from 'vitest';
import { firstReign, nextReign, type Reign, reignsIn } from '../../../domain/reign.ts';
import { DynamoDb } from '../../../rehearsal/aws/dynamodb.ts';
import { bundleHandler } from '../../rehearsal/lambda/bundle.ts';
import { lambdaWorld } from '../../rehearsal/lambda/world.ts';

const table = 'mainstay-aeon-interlock';
const actions = ['GetItem', 'PutItem', 'ConditionCheckItem', 'DeleteItem', 'Scan'];
let folder = '';

beforeAll(async () => {
  folder = await bundleHandler(`
    import { dynamoInterlock } from '../../../lambdas/aws/interlock.ts';
    import { dynamoReign } from '../../../lambdas/aws/reign.ts';
    const reign = dynamoReign('us-east-1', '${table}', 'us-east-1');
    const interlock = dynamoInterlock('us-east-1', '${table}', { now: () => new Date() });
    export const handler = async ({ next, claim }: any) => {
      if (claim) return interlock.claim(claim);
      return next ? reign.enter(next) : reign.current();
    };
  `);
});

/** The adapter as it is bundled, before the simulated DynamoDB. */
async function world() {
  const Action = actions.map((action) => `dynamodb:${action}`);
  const made = await lambdaWorld({ folder, statements: [{ Effect: 'Allow', Action, Resource: '*' }] });
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
  const current = () => made.answer({}) as Promise<Reign>;
  const enter = (next: Reign) => made.answer({ next }) as Promise<Reign>;
  return { current, enter, claim: (claim: object) => made.answer({ claim }) };
}

const moved: Reign = { epoch: 2, primary: 'us-west-2' };

describe('the reign', () => {
  it("is the definition's primary's until another is entered", async () => {
    const { current, enter } = await world();
    expect(await current()).toEqual({ epoch: 1, primary: 'us-east-1' });
    expect(await enter(moved)).toEqual(moved);
    expect(await current()).toEqual(moved);
  });

  it('entered twice is the same; an earlier one, or another of the same number, changes nothing', async () => {
    const { current, enter } = await world();
    await enter(moved);
    expect(await enter(moved)).toEqual(moved);
    expect(await enter({ epoch: 2, primary: 'us-east-1' })).toEqual(moved);
    expect(await enter({ epoch: 1, primary: 'us-east-1' })).toEqual(moved);
    expect(await current()).toEqual(moved);
  });

  it('is no claim: what is claimed beside it is had, the whole platform too', async () => {
    const { enter, claim } = await world();
    await enter(moved);
    const whole = { work: 'failover', holder: 'move', subjects: ['platform'], forSeconds: 600 };
    expect(await claim(whole)).toMatchObject([{ subject: 'platform', holder: 'move' }]);
  });
});

describe('a region', () => {
  it('reigns where the record names it', () => {
    expect(reignsIn(firstReign('us-east-1'), 'us-east-1')).toBe(true);
    expect(reignsIn(firstReign('us-east-1'), 'us-west-2')).toBe(false);
    expect(nextReign(firstReign('us-east-1'), 'us-west-2')).toEqual(moved);
  });
});
