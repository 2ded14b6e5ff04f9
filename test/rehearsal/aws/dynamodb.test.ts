import { describe, expect, it } from 'vitest';
import type { DynamoDb } from '../../../rehearsal/aws/dynamodb.ts';
import type { OperationInput, Principal } from '../../../rehearsal/aws/service.ts';
import { type ServicesWorld, servicesWorld, startsAt } from './services-world.ts';
import { arn, ask, role } from './small-world.ts';

const table = (properties: object = {}) => ({
  Type: 'AWS::DynamoDB::Table',
  Properties: {
    TableName: 'approvals',
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    ...properties,
  },
});
const world = (properties: object = {}) => servicesWorld({ name: 'Small', resources: { Table: table(properties) } });
const askTable = (on: ServicesWorld, operation: string, input: OperationInput) =>
  on.ask('dynamodb', operation, { TableName: 'approvals', ...input });
const key = { id: { S: 'a1' } };
const pending = {
  ...key,
  status: { S: 'pending' },
  service: { S: 'web' },
  tries: { N: '1' },
  notes: { L: [{ S: 'first' }] },
};
const item = async (on: ServicesWorld) => (await askTable(on, 'GetItem', { Key: key }))['Item'];
/** Whether a condition holds for the stored `pending`. */
async function holds(on: ServicesWorld, condition: string, values: object = {}, names: object = {}): Promise<boolean> {
  const placeholders = {
    ...(Object.keys(values).length > 0 ? { ExpressionAttributeValues: values } : {}),
    ...(Object.keys(names).length > 0 ? { ExpressionAttributeNames: names } : {}),
  };
  try {
    await askTable(on, 'PutItem', { Item: pending, ConditionExpression: condition, ...placeholders });
    return true;
  } catch (error) {
    if ((error as Error).name === 'ConditionalCheckFailedException') return false;
    throw error;
  }
}

describe('conditions', () => {
  it('compare, combine and call functions', async () => {
    const on = await world();
    await askTable(on, 'PutItem', { Item: pending });
    const status = { '#status': 'status' };
    const p = { ':p': { S: 'pending' } };
    expect(await holds(on, '#status = :p', p, status)).toBe(true);
    expect(await holds(on, '#status <> :p', p, status)).toBe(false);
    expect(await holds(on, 'NOT #status = :p OR tries > :zero', { ...p, ':zero': { N: '0' } }, status)).toBe(true);
    expect(await holds(on, 'NOT (#status = :p OR tries > :zero)', { ...p, ':zero': { N: '0' } }, status)).toBe(false);
    expect(await holds(on, 'attribute_exists(id) AND attribute_not_exists(answer)')).toBe(true);
    expect(await holds(on, 'tries BETWEEN :one AND :ten', { ':one': { N: '1' }, ':ten': { N: '10' } })).toBe(true);
    expect(await holds(on, 'service IN (:a, :b)', { ':a': { S: 'api' }, ':b': { S: 'web' } })).toBe(true);
    expect(await holds(on, 'begins_with(service, :w)', { ':w': { S: 'we' } })).toBe(true);
    expect(await holds(on, 'contains(notes, :n)', { ':n': { S: 'second' } })).toBe(false);
    expect(await holds(on, 'size(notes) = :one', { ':one': { N: '1' } })).toBe(true);
    expect(await holds(on, 'notes[0] = :f', { ':f': { S: 'first' } })).toBe(true);
    // A number is no text: another type is another value, and has no order.
    expect(await holds(on, 'tries = :one', { ':one': { S: '1' } })).toBe(false);
    expect(await holds(on, 'tries > :one', { ':one': { S: '0' } })).toBe(false);
    expect(await holds(on, 'answer < :one', { ':one': { S: '0' } })).toBe(false);
  });

  it('admit one of two writers, and show the loser what stands there', async () => {
    const on = await world();
    await askTable(on, 'PutItem', { Item: pending, ConditionExpression: 'attribute_not_exists(id)' });
    const answer = (decision: string) =>
      askTable(on, 'UpdateItem', {
        Key: key,
        UpdateExpression: 'SET #status = :answered, decision = :decision',
        ConditionExpression: '#status = :pending',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: {
          ':answered': { S: 'answered' },
          ':pending': { S: 'pending' },
          ':decision': { S: decision },
        },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
    await answer('approve');
    await expect(answer('reject')).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
      fields: { Item: { status: { S: 'answered' }, decision: { S: 'approve' } } },
    });
    expect((await item(on))['decision']).toEqual({ S: 'approve' });
  });

  it.each([
    [
      'a reserved word',
      { ConditionExpression: 'status = :p', ExpressionAttributeValues: { ':p': { S: 'x' } } },
      'reserved keyword: status',
    ],
    ['an unknown placeholder', { ConditionExpression: 'tries = :p' }, 'attribute value: :p'],
    [
      'an unused placeholder',
      { ConditionExpression: 'attribute_exists(id)', ExpressionAttributeNames: { '#x': 'x' } },
      'unused in expressions: keys: {#x}',
    ],
    ['an unknown function', { ConditionExpression: 'exists(id)' }, 'Invalid function name; function: exists'],
    ['a loose end', { ConditionExpression: 'attribute_exists(id) id' }, 'Syntax error; token: "id"'],
    ['nothing', { ConditionExpression: ' ' }, 'The expression can not be empty'],
  ])('are refused with %s', async (_case, input, message) => {
    const on = await world();
    await expect(askTable(on, 'PutItem', { Item: pending, ...input })).rejects.toThrow(message);
  });
});

describe('updates', () => {
  it('set, add, append and remove', async () => {
    const on = await world();
    await askTable(on, 'PutItem', { Item: { ...pending, gone: { BOOL: true } } });
    const { Attributes: changed } = await askTable(on, 'UpdateItem', {
      Key: key,
      UpdateExpression:
        'SET tries = tries + :one, notes = list_append(notes, :more), seen = if_not_exists(seen, :one) REMOVE gone ADD cost :one',
      ExpressionAttributeValues: { ':one': { N: '1' }, ':more': { L: [{ S: 'second' }] } },
      ReturnValues: 'ALL_NEW',
    });
    expect(changed).toEqual({
      ...pending,
      tries: { N: '2' },
      notes: { L: [{ S: 'first' }, { S: 'second' }] },
      seen: { N: '1' },
      cost: { N: '1' },
    });
  });

  it('make the item where there is none', async () => {
    const on = await world();
    await askTable(on, 'UpdateItem', {
      Key: key,
      UpdateExpression: 'SET tries = :one',
      ExpressionAttributeValues: { ':one': { N: '1' } },
    });
    expect(await item(on)).toEqual({ ...key, tries: { N: '1' } });
  });

  it.each([
    ['the key', 'SET id = :v', 'This attribute is part of the key'],
    ['a path twice', 'SET tries = :v, tries = :v', 'overlap'],
    ['SET twice', 'SET tries = :v SET cost = :v', 'can only be used once'],
    ['an attribute that is not there', 'SET tries = nothing + :v', 'does not exist in the item'],
  ])('are refused for %s', async (_case, expression, message) => {
    const on = await world();
    const input = { Key: key, UpdateExpression: expression, ExpressionAttributeValues: { ':v': { N: '1' } } };
    await expect(askTable(on, 'UpdateItem', input)).rejects.toThrow(message);
    expect(await item(on)).toBeUndefined();
  });
});

describe('reads', () => {
  const runs = {
    KeySchema: [
      { AttributeName: 'id', KeyType: 'HASH' },
      { AttributeName: 'at', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: [
      { AttributeName: 'id', AttributeType: 'S' },
      { AttributeName: 'at', AttributeType: 'N' },
    ],
  };

  it('query a partition in the order of its sort key, by pages', async () => {
    const on = await world(runs);
    for (const at of ['10', '9', '100']) await askTable(on, 'PutItem', { Item: { id: { S: 'r' }, at: { N: at } } });
    const query = (input: object) =>
      askTable(on, 'Query', {
        KeyConditionExpression: 'id = :id AND #at >= :from',
        ExpressionAttributeNames: { '#at': 'at' },
        ExpressionAttributeValues: { ':id': { S: 'r' }, ':from': { N: '9' } },
        ...input,
      });
    const times = (answer: OperationInput) => answer['Items'].map((each: { at: { N: string } }) => each.at.N);
    expect(times(await query({}))).toEqual(['9', '10', '100']);
    const first = await query({ Limit: 2, ScanIndexForward: false });
    expect(times(first)).toEqual(['100', '10']);
    expect(
      times(await query({ Limit: 2, ScanIndexForward: false, ExclusiveStartKey: first['LastEvaluatedKey'] })),
    ).toEqual(['9']);
  });

  it.each([
    ['without the partition key', '#at = :v', 'missed key schema element: id'],
    ['on another attribute', 'id = :v AND tries > :v', 'Query key condition not supported'],
    ['by OR', 'id = :v OR #at = :v', 'Syntax error'],
  ])('refuse a query %s', async (_case, expression, message) => {
    const on = await world(runs);
    const names = expression.includes('#at') ? { ExpressionAttributeNames: { '#at': 'at' } } : {};
    const input = { KeyConditionExpression: expression, ExpressionAttributeValues: { ':v': { S: 'x' } }, ...names };
    await expect(askTable(on, 'Query', input)).rejects.toThrow(message);
  });

  it('give only the attributes asked for, and nothing for a missing item', async () => {
    const on = await world();
    expect(await askTable(on, 'GetItem', { Key: key })).toEqual({});
    await askTable(on, 'PutItem', { Item: pending });
    expect(await askTable(on, 'GetItem', { Key: key, ProjectionExpression: 'tries, nothing' })).toEqual({
      Item: { tries: { N: '1' } },
    });
  });

  it('refuse a key of another shape and an unknown table', async () => {
    const on = await world();
    await expect(askTable(on, 'GetItem', { Key: { id: { N: '1' } } })).rejects.toThrow(
      'Type mismatch for key id expected: S actual: N',
    );
    await expect(askTable(on, 'GetItem', { Key: { ...key, at: { N: '1' } } })).rejects.toThrow(
      'does not match the schema',
    );
    await expect(on.ask('dynamodb', 'GetItem', { TableName: 'nobody', Key: key })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });
});

describe('in time and space', () => {
  it('an expired item stays readable for two days', async () => {
    const on = await world();
    const expiresAt = startsAt / 1000 + 60;
    await askTable(on, 'PutItem', { Item: { ...pending, expiresAt: { N: String(expiresAt) } } });
    await on.wait(47 * 3_600_000);
    expect(await item(on)).toBeDefined();
    await on.wait(2 * 3_600_000);
    expect(await item(on)).toBeUndefined();
  });

  it('a global table shows a write in its other region a second later', async () => {
    const replicas = [{ Region: 'us-east-1' }, { Region: 'us-west-2' }];
    const on = await servicesWorld({
      name: 'Small',
      resources: { Table: { ...table({ Replicas: replicas }), Type: 'AWS::DynamoDB::GlobalTable' } },
    });
    await askTable(on, 'PutItem', { Item: pending });
    const dynamoDb = on.service<DynamoDb>('dynamodb');
    expect(dynamoDb.items('us-west-2', 'approvals')).toEqual([]);
    await on.wait(1_000);
    expect(dynamoDb.items('us-west-2', 'approvals')).toEqual([pending]);
  });

  it('of two regions that write one item the later write stands in both', async () => {
    const replicas = [{ Region: 'us-east-1' }, { Region: 'us-west-2' }];
    const on = await servicesWorld({
      name: 'Small',
      resources: { Table: { ...table({ Replicas: replicas }), Type: 'AWS::DynamoDB::GlobalTable' } },
    });
    const { tables } = on.service<DynamoDb>('dynamodb');
    tables.require('us-east-1', 'approvals').put({ ...key, by: { S: 'east' } });
    await on.wait(500);
    tables.require('us-west-2', 'approvals').put({ ...key, by: { S: 'west' } });
    await on.wait(5_000);
    for (const region of ['us-east-1', 'us-west-2']) {
      expect(tables.require(region, 'approvals').get(key)).toEqual({ ...key, by: { S: 'west' } });
    }
  });

  it('a table under a key of ours needs the caller’s right to the key, through DynamoDB', async () => {
    const policy = {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111111111111:root' }, Action: 'kms:*', Resource: '*' },
      ],
    };
    const on = await servicesWorld({
      name: 'Small',
      resources: {
        Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: policy } },
        Table: table({
          SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] } },
        }),
        With: role('with', 'lambda.amazonaws.com', [
          { Action: 'dynamodb:GetItem', Resource: '*' },
          { Action: 'kms:Decrypt', Resource: '*' },
        ]),
        Without: role('without', 'lambda.amazonaws.com', [{ Action: 'dynamodb:GetItem', Resource: '*' }]),
      },
    });
    const get = (name: string) => {
      const principal: Principal = { kind: 'role', roleArn: arn.role(name), sessionName: 's' };
      return ask(on.rehearsal, 'dynamodb', 'GetItem', { TableName: 'approvals', Key: key }, principal);
    };
    expect(await get('with')).toEqual({});
    await expect(get('without')).rejects.toThrow(/kms:Decrypt/);
  });
});
