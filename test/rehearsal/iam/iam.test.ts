import { describe, expect, it } from 'vitest';
import { AwsError, type Principal, Unmodelled } from '../../../rehearsal/aws/service.ts';
import { createIam, GrantLedger, type Iam, MalformedPolicyDocument } from '../../../rehearsal/iam/index.ts';
import { EventLog } from '../../../rehearsal/kernel/log.ts';

const account = '111111111111';
const now = Date.UTC(2026, 10, 20, 12);
const keyArn = `arn:aws:kms:us-east-1:${account}:key/1234`;
const tableArn = `arn:aws:dynamodb:us-east-1:${account}:table/approvals`;
const topicArn = `arn:aws:sns:us-east-1:${account}:critical`;
const caller: Extract<Principal, { kind: 'role' }> = {
  kind: 'role',
  roleArn: `arn:aws:iam::${account}:role/task`,
  sessionName: 'task',
};

function world() {
  const log = new EventLog(() => now);
  return { log, iam: createIam({ account, now: () => now, log }) };
}

async function make(iam: Iam, type: string, logicalId: string, properties: Record<string, unknown>) {
  const provider = iam.providers.find((candidate) => candidate.type === type);
  if (!provider) throw new Error(`no provider for ${type}`);
  return provider.create({ type, logicalId, stackName: 'AeonDelivery', region: 'us-east-1', account, properties });
}

const trust = (service: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
});

async function roleWith(iam: Iam, statements: readonly unknown[], more: Record<string, unknown> = {}) {
  await make(iam, 'AWS::IAM::Role', 'TaskRole', {
    RoleName: 'task',
    AssumeRolePolicyDocument: trust('lambda.amazonaws.com'),
    ...more,
  });
  await make(iam, 'AWS::IAM::Policy', 'TaskPolicy', {
    PolicyName: 'TaskPolicy',
    PolicyDocument: { Version: '2012-10-17', Statement: statements },
    Roles: ['task'],
  });
}

const read = {
  Effect: 'Allow',
  Action: ['dynamodb:GetItem', 'dynamodb:Query'],
  Resource: [tableArn, `${tableArn}/index/*`],
};
const ask = (iam: Iam, action: string, resource: string, conditions?: Record<string, string | readonly string[]>) =>
  iam.decide(caller, 'us-east-1', { action, resources: [resource], ...(conditions ? { conditions } : {}) });
const origin = { stack: 'AeonDelivery', logicalId: 'X', policy: 'resource policy' };

describe('identity policies', () => {
  it('allow what a statement names, without regard to the case of the action', async () => {
    const { iam } = world();
    await roleWith(iam, [read]);
    expect(ask(iam, 'dynamodb:getitem', tableArn).decision).toBe('allowed');
  });

  it('deny what no statement names, and say so', async () => {
    const { iam } = world();
    await roleWith(iam, [read]);
    expect(ask(iam, 'dynamodb:PutItem', tableArn)).toMatchObject({
      decision: 'denied',
      reason: 'no identity-based policy allows the dynamodb:PutItem',
    });
    expect(ask(iam, 'dynamodb:GetItem', tableArn.replace('us-east-1', 'us-west-2')).decision).toBe('denied');
  });

  it('let an explicit Deny win over every Allow', async () => {
    const { iam } = world();
    await roleWith(iam, [
      read,
      { Sid: 'Never', Effect: 'Deny', Action: 'dynamodb:*', NotResource: `${tableArn}/index/*` },
    ]);
    const refused = ask(iam, 'dynamodb:GetItem', tableArn);
    expect(refused.reason).toBe("explicit Deny in statement Never of 'TaskPolicy' (AeonDelivery/TaskPolicy)");
    expect(refused.matched).toEqual([
      {
        origin: { stack: 'AeonDelivery', logicalId: 'TaskPolicy', policy: 'TaskPolicy' },
        index: 1,
        sid: 'Never',
        effect: 'Deny',
      },
    ]);
    expect(ask(iam, 'dynamodb:Query', `${tableArn}/index/by-service`).decision).toBe('allowed');
  });

  it('grant by NotAction all but what it lists', async () => {
    const { iam } = world();
    await roleWith(iam, [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }]);
    expect(ask(iam, 'ecr:DescribeImages', '*').decision).toBe('allowed');
    expect(ask(iam, 'iam:PassRole', '*').decision).toBe('denied');
  });

  it('do not let a wildcard reach over a colon into the next part of the ARN', async () => {
    const { iam } = world();
    await roleWith(iam, [{ Effect: 'Allow', Action: 'sns:Publish', Resource: `arn:aws:sns:us-*:${account}:*` }]);
    expect(ask(iam, 'sns:Publish', topicArn).decision).toBe('allowed');
    expect(ask(iam, 'sns:Publish', `arn:aws:sns:eu-west-1:${account}:us-east-1:${account}:x`).decision).toBe('denied');
  });

  it('need `*` for an action without resource level', async () => {
    const { iam } = world();
    await roleWith(iam, [
      { Effect: 'Allow', Action: 'ecr:*', Resource: `arn:aws:ecr:us-east-1:${account}:repository/*` },
    ]);
    expect(ask(iam, 'ecr:GetAuthorizationToken', '*').decision).toBe('denied');
  });

  it('put the request’s values in place of policy variables', async () => {
    const { iam } = world();
    const resource = 'arn:aws:dynamodb:${aws:RequestedRegion}:${aws:PrincipalAccount}:table/approvals';
    await roleWith(iam, [{ Effect: 'Allow', Action: 'dynamodb:GetItem', Resource: resource }]);
    expect(ask(iam, 'dynamodb:GetItem', tableArn).decision).toBe('allowed');
    expect(ask(iam, 'dynamodb:GetItem', tableArn.replace('us-east-1', 'us-west-2')).decision).toBe('denied');
  });

  it('are cut by a permissions boundary', async () => {
    const { iam } = world();
    const boundary = await make(iam, 'AWS::IAM::ManagedPolicy', 'Boundary', {
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'dynamodb:GetItem', Resource: '*' }],
      },
    });
    await roleWith(iam, [read], { PermissionsBoundary: boundary.ref });
    expect(ask(iam, 'dynamodb:GetItem', tableArn).decision).toBe('allowed');
    expect(ask(iam, 'dynamodb:Query', tableArn).reason).toContain('no permissions boundary allows');
  });
});

describe('conditions', () => {
  const conditional = (Condition: unknown) => [{ Effect: 'Allow', Action: 'kms:*', Resource: '*', Condition }];
  const cases: [string, unknown, Record<string, string | readonly string[]>, 'allowed' | 'denied'][] = [
    ['StringEquals', { StringEquals: { 'kms:ViaService': ['a', 'b'] } }, { 'kms:ViaService': 'b' }, 'allowed'],
    [
      'StringEquals, other value',
      { StringEquals: { 'kms:ViaService': ['a', 'b'] } },
      { 'kms:ViaService': 'c' },
      'denied',
    ],
    ['StringEquals, key missing', { StringEquals: { 'kms:ViaService': 'a' } }, { 'kms:ViaService': [] }, 'denied'],
    ['IfExists, key missing', { StringEqualsIfExists: { 'kms:ViaService': 'a' } }, { 'kms:ViaService': [] }, 'allowed'],
    [
      'StringLike',
      { StringLike: { 'kms:ViaService': 'sns.*.amazonaws.com' } },
      { 'kms:ViaService': 'sns.eu.amazonaws.com' },
      'allowed',
    ],
    ['StringNotEquals', { StringNotEquals: { 'kms:ViaService': ['a', 'b'] } }, { 'kms:ViaService': 'b' }, 'denied'],
    ['ForAnyValue', { 'ForAnyValue:StringEquals': { 'aws:TagKeys': 'a' } }, { 'aws:TagKeys': ['b', 'a'] }, 'allowed'],
    ['ForAllValues', { 'ForAllValues:StringEquals': { 'aws:TagKeys': 'a' } }, { 'aws:TagKeys': ['b', 'a'] }, 'denied'],
    ['ArnLike', { ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${account}:role/t*` } }, {}, 'allowed'],
    ['Bool', { Bool: { 'aws:SecureTransport': 'false' } }, {}, 'denied'],
    ['Null', { Null: { 'aws:PrincipalOrgID': 'true' } }, {}, 'allowed'],
    ['NumericLessThan', { NumericLessThan: { 'kms:Size': '10' } }, { 'kms:Size': '9' }, 'allowed'],
    ['DateGreaterThan', { DateGreaterThan: { 'aws:CurrentTime': '2026-11-21T00:00:00Z' } }, {}, 'denied'],
    ['IpAddress', { IpAddress: { 'aws:SourceIp': '10.0.0.0/16' } }, { 'aws:SourceIp': '10.0.3.4' }, 'allowed'],
    ['NotIpAddress', { NotIpAddress: { 'aws:SourceIp': '10.0.0.0/16' } }, { 'aws:SourceIp': '10.0.3.4' }, 'denied'],
  ];
  it.each(cases)('%s', async (_name, condition, given, decision) => {
    const { iam } = world();
    await roleWith(iam, conditional(condition));
    expect(ask(iam, 'kms:ListKeys', '*', given).decision).toBe(decision);
  });

  it('that hold a statement back are named in the reason', async () => {
    const { iam } = world();
    await roleWith(iam, conditional({ StringEquals: { 'kms:ViaService': 'a' } }));
    expect(ask(iam, 'kms:ListKeys', '*', { 'kms:ViaService': 'c' }).reason).toContain(
      'would allow it, but kms:ViaService is c',
    );
  });

  it('with an operator that is not modelled stop the run', async () => {
    const { iam } = world();
    await roleWith(iam, conditional({ BinaryEquals: { 'kms:X': 'QQ==' } }));
    expect(() => ask(iam, 'kms:ListKeys', '*', { 'kms:X': 'QQ==' })).toThrow(Unmodelled);
  });

  it('whose key the service never mentions stop the run where guessing would be too kind', async () => {
    const { iam } = world();
    await roleWith(iam, conditional({ StringNotEquals: { 'kms:ViaService': 'a' } }));
    expect(() => ask(iam, 'kms:ListKeys', '*')).toThrow(/kms:ViaService.*does not give/);
  });
});

describe('resource policies', () => {
  it('let a service in only when they name it and its source', () => {
    const { iam } = world();
    const rule = `arn:aws:events:us-east-1:${account}:rule/alarms`;
    iam.putResourcePolicy(
      topicArn,
      {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'events.amazonaws.com' },
            Action: 'sns:Publish',
            Resource: topicArn,
            Condition: { ArnEquals: { 'aws:SourceArn': rule }, StringEquals: { 'aws:SourceAccount': account } },
          },
        ],
      },
      origin,
    );
    const as = (service: string, sourceArn: string) =>
      iam.decide({ kind: 'service', service, sourceArn }, 'us-east-1', {
        action: 'sns:Publish',
        resources: [topicArn],
      });
    expect(as('events.amazonaws.com', rule).decision).toBe('allowed');
    expect(as('events.amazonaws.com', `${rule}2`).decision).toBe('denied');
    expect(as('cloudwatch.amazonaws.com', rule).reason).toBe('no resource-based policy allows the service sns:Publish');
  });

  it('of a KMS key with `kms:*` to the account root leave the decision to IAM, and without it refuse what IAM allows', async () => {
    const { iam } = world();
    await roleWith(iam, [{ Effect: 'Allow', Action: 'kms:Decrypt', Resource: keyArn }]);
    const keyPolicy = (principal: string) => ({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: principal }, Action: 'kms:*', Resource: '*' }],
    });
    expect(ask(iam, 'kms:Decrypt', keyArn).reason).toContain('no resource-based policy allows');
    iam.putResourcePolicy(keyArn, keyPolicy(`arn:aws:iam::${account}:root`), origin);
    expect(ask(iam, 'kms:Decrypt', keyArn).decision).toBe('allowed');
    expect(ask(iam, 'kms:Encrypt', keyArn).decision).toBe('denied');
    iam.putResourcePolicy(keyArn, keyPolicy(`arn:aws:iam::${account}:role/other`), origin);
    expect(ask(iam, 'kms:Decrypt', keyArn).decision).toBe('denied');
    iam.putResourcePolicy(keyArn, keyPolicy(`arn:aws:iam::${account}:role/task`), origin);
    expect(ask(iam, 'kms:Encrypt', keyArn).decision).toBe('allowed');
  });
});

describe('roles', () => {
  it('are assumed by the services that their trust policy names, and by no other', async () => {
    const { iam } = world();
    await roleWith(iam, [read]);
    const roleArn = `arn:aws:iam::${account}:role/task`;
    expect(() => iam.assumeByService(roleArn, 'lambda.amazonaws.com')).not.toThrow();
    expect(() => iam.assumeByService(roleArn, 'states.amazonaws.com')).toThrow(AwsError);
  });

  it('that a service may not assume leave the denial in the log', async () => {
    const { iam, log } = world();
    expect(() => iam.assumeByService(`arn:aws:iam::${account}:role/nobody`, 'lambda.amazonaws.com')).toThrow(
      'does not exist',
    );
    expect(log.events).toMatchObject([
      { kind: 'iam.denied', principal: 'lambda.amazonaws.com', action: 'sts:AssumeRole' },
    ]);
  });

  it('lose an action that somebody denies by hand', async () => {
    const { iam } = world();
    await roleWith(iam, [read]);
    iam.denyByHand('task', 'dynamodb:GetItem');
    expect(ask(iam, 'dynamodb:GetItem', tableArn).reason).toContain('by hand');
    expect(ask(iam, 'dynamodb:Query', tableArn).decision).toBe('allowed');
  });

  it('tell the function’s code from Lambda itself by lambda:SourceFunctionArn', async () => {
    const { iam } = world();
    const functionArn = `arn:aws:lambda:us-east-1:${account}:function:task`;
    await roleWith(iam, [
      { Effect: 'Allow', Action: 'ec2:DescribeSubnets', Resource: '*' },
      {
        Effect: 'Deny',
        Action: 'ec2:*',
        Resource: '*',
        Condition: { ArnEquals: { 'lambda:SourceFunctionArn': functionArn } },
      },
    ]);
    const request = { action: 'ec2:DescribeSubnets', resources: ['*'] };
    expect(iam.decide(caller, 'us-east-1', request).decision).toBe('allowed');
    expect(iam.decide({ ...caller, sourceFunctionArn: functionArn }, 'us-east-1', request).decision).toBe('denied');
  });

  it('with an unknown AWS managed policy are unmodelled; one whose document is not kept is not judged', async () => {
    const { iam } = world();
    const role = (policy: string, name: string) =>
      make(iam, 'AWS::IAM::Role', name, {
        RoleName: name,
        AssumeRolePolicyDocument: trust('eks.amazonaws.com'),
        ManagedPolicyArns: [`arn:aws:iam::aws:policy/${policy}`],
      });
    await expect(role('AdministratorAccess', 'a')).rejects.toThrow(/AdministratorAccess/);
    await role('AmazonEKSClusterPolicy', 'cluster');
    const cluster: Principal = { kind: 'role', roleArn: `arn:aws:iam::${account}:role/cluster`, sessionName: 's' };
    expect(() => iam.decide(cluster, 'us-east-1', { action: 'ec2:DescribeSubnets', resources: ['*'] })).toThrow(
      Unmodelled,
    );
    expect(iam.ledger.unused()).toEqual([]);
  });

  it('with a malformed policy are refused', async () => {
    const { iam } = world();
    await expect(roleWith(iam, [{ Effect: 'Allow', Action: 'a:b', Resources: '*' }])).rejects.toThrow(
      MalformedPolicyDocument,
    );
  });
});

describe('the ledger of grants', () => {
  it('lists each action and resource that no allowed request needed, over several runs', async () => {
    const first = world();
    await roleWith(first.iam, [read]);
    ask(first.iam, 'dynamodb:GetItem', tableArn);
    ask(first.iam, 'dynamodb:PutItem', tableArn);
    expect(first.iam.ledger.unused().map(({ action, resource }) => [action, resource])).toEqual([
      ['dynamodb:GetItem', `${tableArn}/index/*`],
      ['dynamodb:Query', tableArn],
      ['dynamodb:Query', `${tableArn}/index/*`],
    ]);
    const second = world();
    await roleWith(second.iam, [read]);
    ask(second.iam, 'dynamodb:Query', `${tableArn}/index/x`);
    const all = new GrantLedger();
    all.merge(JSON.parse(JSON.stringify(first.iam.ledger.toRecord())));
    all.merge(second.iam.ledger);
    expect(all.unused()).toEqual([
      {
        roleArn: `arn:aws:iam::${account}:role/task`,
        origin: { stack: 'AeonDelivery', logicalId: 'TaskPolicy', policy: 'TaskPolicy' },
        statement: 0,
        action: 'dynamodb:GetItem',
        resource: `${tableArn}/index/*`,
      },
      expect.objectContaining({ action: 'dynamodb:Query', resource: tableArn }),
    ]);
  });
});

describe('the simulation of policies', () => {
  const roleArn = caller.roleArn;
  const ask = (
    iam: Iam,
    action: string,
    resource: string,
    context: readonly (readonly [string, readonly string[]])[] = [],
  ) => iam.simulate(roleArn, action, resource, new Map(context)).decision;

  it("says of a role's own policies what a call would be told, and leaves policies of resources out", async () => {
    const { iam } = world();
    await roleWith(iam, [read]);
    expect(ask(iam, 'dynamodb:GetItem', tableArn)).toBe('allowed');
    expect(ask(iam, 'dynamodb:PutItem', tableArn)).toBe('denied');
    iam.putResourcePolicy(
      topicArn,
      { Statement: [{ Effect: 'Allow', Principal: '*', Action: 'sns:Publish', Resource: topicArn }] },
      { stack: 's', logicalId: 'l', policy: 'p' },
    );
    expect(ask(iam, 'sns:Publish', topicArn)).toBe('denied');
  });

  it('knows the condition keys that it is given and no others', async () => {
    const { iam } = world();
    const condition = { StringEquals: { 'cloudwatch:namespace': 'Mainstay/Failover' } };
    await roleWith(iam, [{ Effect: 'Allow', Action: 'cloudwatch:PutMetricData', Resource: '*', Condition: condition }]);
    expect(ask(iam, 'cloudwatch:PutMetricData', '*')).toBe('denied');
    const given = [['cloudwatch:namespace', ['Mainstay/Failover']]] as const;
    expect(ask(iam, 'cloudwatch:PutMetricData', '*', given)).toBe('allowed');
  });

  it('sees what somebody denied by hand, as a call does', async () => {
    const { iam } = world();
    await roleWith(iam, [read]);
    iam.denyInRole(roleArn, 'dynamodb:GetItem');
    expect(iam.simulate(roleArn, 'dynamodb:GetItem', tableArn, new Map()).reason).toContain('explicit Deny');
    const request = { action: 'dynamodb:GetItem', resources: [tableArn] };
    expect(iam.decide(caller, 'us-east-1', request).decision).toBe('denied');
  });
});
