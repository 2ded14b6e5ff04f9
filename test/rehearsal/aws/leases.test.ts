import { expect, it } from 'vitest';
import type { OperationInput } from '../../../rehearsal/aws/service.ts';
import { servicesWorld } from './services-world.ts';

const table = {
  Type: 'AWS::DynamoDB::Table',
  Properties: {
    TableName: 'leases',
    KeySchema: [{ AttributeName: 'subject', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'subject', AttributeType: 'S' }],
  },
};
const Key = { subject: { S: 'lease' } };

/** What `lambdas/aws/leases.ts` says to a table, one call after the other; whether each was taken. */
async function taken(calls: readonly (readonly [string, OperationInput])[]): Promise<boolean[]> {
  const world = await servicesWorld({ name: 'Small', resources: { Table: table } });
  const answers: boolean[] = [];
  for (const [operation, input] of calls) {
    const answer = world.ask('dynamodb', operation, { TableName: 'leases', ...input }).then(
      () => true,
      (error: Error) => {
        if (error.name === 'ConditionalCheckFailedException') return false;
        throw error;
      },
    );
    answers.push(await answer);
  }
  return answers;
}

const renew = (epoch: number, until: string): readonly [string, OperationInput] => [
  'PutItem',
  {
    Item: {
      ...Key,
      epoch: { N: String(epoch) },
      holder: { S: 'us-east-1' },
      until: { S: until },
      databases: { L: [] },
    },
    ConditionExpression:
      '(attribute_not_exists(subject)) OR (epoch < :epoch AND (attribute_not_exists(closedBy) OR closedBy <= :epoch)) OR ' +
      '(epoch = :epoch AND attribute_not_exists(closedBy) AND #until < :until)',
    ExpressionAttributeNames: { '#until': 'until' },
    ExpressionAttributeValues: { ':epoch': { N: String(epoch) }, ':until': { S: until } },
  },
];

const numbers = (epoch: number) => ({ ':epoch': { N: String(epoch) }, ':next': { N: String(epoch + 1) } });
const close = (epoch: number): readonly [string, OperationInput] => [
  'UpdateItem',
  {
    Key,
    UpdateExpression: 'SET closedBy = :next',
    ConditionExpression: 'epoch <= :epoch',
    ExpressionAttributeValues: numbers(epoch),
    ReturnValues: 'ALL_NEW',
  },
];
const open = (epoch: number): readonly [string, OperationInput] => [
  'UpdateItem',
  {
    Key,
    UpdateExpression: 'REMOVE closedBy',
    ConditionExpression: 'epoch = :epoch AND closedBy = :next',
    ExpressionAttributeValues: numbers(epoch),
  },
];

it.each([
  ['is renewed forward in time alone', [renew(1, 'b'), renew(1, 'c'), renew(1, 'b')], [true, true, false]],
  [
    'that is closed is not renewed by its reign, and by the next',
    [renew(1, 'a'), close(1), renew(1, 'b'), renew(2, 'b')],
    [true, true, false, true],
  ],
  [
    'is closed where it stands, and not of a later reign',
    [close(1), renew(2, 'a'), close(1), close(2)],
    [false, true, false, true],
  ],
  [
    'is opened by who closed it',
    [renew(1, 'a'), close(1), open(2), open(1), open(1), renew(1, 'b')],
    [true, true, false, true, false, true],
  ],
] as const)('a lease %s', async (_what, calls, expected) => {
  expect(await taken(calls)).toEqual(expected);
});
