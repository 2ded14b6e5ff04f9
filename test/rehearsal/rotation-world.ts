import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleFunctions } from '../../bin/bundle.ts';
import { interlockTableName } from '../../domain/interlock.ts';
import { functionName, severities, topicName } from '../../domain/names.ts';
import {
  type RotationPlan,
  rotationPlanParameterName,
  rotationTask,
  rotationVariables,
} from '../../domain/rotation.ts';
import { passwordVerifier } from '../../lambdas/postgres/password-verifier.ts';
import type { Rds } from '../../rehearsal/aws/rds.ts';
import type { SecretsManager } from '../../rehearsal/aws/secretsmanager.ts';
import type { OperationInput } from '../../rehearsal/aws/service.ts';
import type { FaultPlan } from '../../rehearsal/faults/fault.ts';
import { type LoginOutcome, logIn } from '../../rehearsal/postgres/login.ts';
import { createRehearsal, type Rehearsal } from '../../rehearsal/rehearsal.ts';
import { interfere } from '../../rehearsal/scenarios/rotation-network.ts';
import { account, type SmallFile, smallAssembly } from './assembly/small-assembly.ts';
import { ground, instance, secret } from './aws/databases-world.ts';
import { person, region } from './aws/small-world.ts';

/*
 * The rotation functions as they are bundled, with a database, a table of claims and the workflow of the rollout, and nothing else: a
 * run takes a tenth of a second, so that every call of a rotation can fail once in the unit tests.
 */
const environment = 'small';
const names = { master: 'mainstay/small/databases/shop/master', app: 'mainstay/small/secrets/app' };
const tasks = ['undo-rotation', 'read-rotation', 'claim-work', 'release-work', 'tell-rotation', 'watch-rotations'];
const bucket = `cdk-hnb659fds-assets-${account}-${region}`;
const minute = 60_000;

export function planOf(users: RotationPlan['users']): RotationPlan {
  return {
    environment,
    secret: 'app',
    secretName: names.app,
    kind: 'postgres',
    users,
    everyDays: 30,
    opens: 'shop',
    superuserSecretName: names.master,
    consumers: [],
    overlapSeconds: 0,
  };
}

export const rotator = functionName(environment, rotationTask('app'));
const table = interlockTableName(environment);
const machine = `arn:aws:states:${region}:${account}:stateMachine:mainstay-small-secret-rollout`;

function variables(): Record<string, string> {
  return {
    MAINSTAY_ENVIRONMENT: environment,
    MAINSTAY_PRIMARY_REGION: region,
    NODE_EXTRA_CA_CERTS: '/var/runtime/ca-cert.pem',
    [rotationVariables.rotatedSecret]: 'app',
    [rotationVariables.interlockTable]: table,
    [rotationVariables.rolloutStateMachine]: machine,
    ...Object.fromEntries(
      severities.map((severity) => [
        `MAINSTAY_TOPIC_${severity.toUpperCase()}`,
        `arn:aws:sns:${region}:${account}:${topicName(environment, severity)}`,
      ]),
    ),
  };
}

function lambda(name: string, key: string, timeoutSeconds: number) {
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      FunctionName: name,
      Code: { S3Bucket: bucket, S3Key: key },
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
      Timeout: timeoutSeconds,
      MemorySize: 256,
      Environment: { Variables: variables() },
      VpcConfig: { SubnetIds: [{ Ref: 'A' }, { Ref: 'B' }], SecurityGroupIds: ['sg-1'] },
    },
  };
}

/** Both private subnets reach AWS through one NAT gateway. */
const network = {
  Internet: { Type: 'AWS::EC2::InternetGateway', Properties: {} },
  Public: { Type: 'AWS::EC2::Subnet', Properties: { VpcId: { Ref: 'Vpc' }, CidrBlock: '10.0.9.0/24' } },
  PublicTable: { Type: 'AWS::EC2::RouteTable', Properties: { VpcId: { Ref: 'Vpc' } } },
  PublicAssociation: {
    Type: 'AWS::EC2::SubnetRouteTableAssociation',
    Properties: { SubnetId: { Ref: 'Public' }, RouteTableId: { Ref: 'PublicTable' } },
  },
  PublicRoute: {
    Type: 'AWS::EC2::Route',
    Properties: {
      RouteTableId: { Ref: 'PublicTable' },
      DestinationCidrBlock: '0.0.0.0/0',
      GatewayId: { Ref: 'Internet' },
    },
  },
  Nat: { Type: 'AWS::EC2::NatGateway', Properties: { SubnetId: { Ref: 'Public' } } },
  Table: { Type: 'AWS::EC2::RouteTable', Properties: { VpcId: { Ref: 'Vpc' } } },
  Route: {
    Type: 'AWS::EC2::Route',
    Properties: {
      RouteTableId: { Ref: 'Table' },
      DestinationCidrBlock: '0.0.0.0/0',
      NatGatewayId: { Ref: 'Nat' },
    },
  },
  ...Object.fromEntries(
    ['A', 'B'].map((subnet) => [
      `${subnet}Association`,
      {
        Type: 'AWS::EC2::SubnetRouteTableAssociation',
        Properties: { SubnetId: { Ref: subnet }, RouteTableId: { Ref: 'Table' } },
      },
    ]),
  ),
};

const role = {
  Type: 'AWS::IAM::Role',
  Properties: {
    RoleName: 'small',
    AssumeRolePolicyDocument: {
      Statement: ['lambda', 'states', 'events'].map((service) => ({
        Effect: 'Allow',
        Principal: { Service: `${service}.amazonaws.com` },
        Action: 'sts:AssumeRole',
      })),
    },
    Policies: [{ PolicyName: 'all', PolicyDocument: { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] } }],
  },
};

function secretOf(name: string, template: object) {
  const { GenerateSecretString, KmsKeyId } = secret.Properties;
  return {
    Type: secret.Type,
    Properties: {
      Name: name,
      KmsKeyId,
      GenerateSecretString: { ...GenerateSecretString, SecretStringTemplate: JSON.stringify(template) },
    },
  };
}

function attachment(logicalId: string) {
  return {
    Type: 'AWS::SecretsManager::SecretTargetAttachment',
    Properties: { SecretId: { Ref: logicalId }, TargetId: { Ref: 'Instance' }, TargetType: 'AWS::RDS::DBInstance' },
  };
}

function rollout(): string {
  const text = readFileSync(join(import.meta.dirname, '../../step-functions/secret-rollout.asl.json'), 'utf8');
  return text.replaceAll(/\$\{(\w+)FunctionArn\}/g, (_whole, name: string) => {
    const task = name.replaceAll(/(?<!^)([A-Z])/g, '-$1').toLowerCase();
    return `arn:aws:lambda:${region}:${account}:function:${functionName(environment, task)}`;
  });
}

function resources(plan: RotationPlan): Record<string, unknown> {
  const { Properties: properties } = instance;
  return {
    ...ground,
    ...network,
    Role: role,
    Secret: secretOf(names.master, { username: 'chief', dbname: 'shop' }),
    App: secretOf(names.app, { username: 'app', dbname: 'shop' }),
    Instance: {
      ...instance,
      Properties: {
        ...properties,
        MasterUsername: `{{resolve:secretsmanager:${names.master}:SecretString:username}}`,
        MasterUserPassword: `{{resolve:secretsmanager:${names.master}:SecretString:password}}`,
      },
    },
    MasterAttachment: attachment('Secret'),
    AppAttachment: attachment('App'),
    Plan: {
      Type: 'AWS::SSM::Parameter',
      Properties: { Name: rotationPlanParameterName(environment, 'app'), Type: 'String', Value: JSON.stringify(plan) },
    },
    Claims: {
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        TableName: table,
        KeySchema: [{ AttributeName: 'subject', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'subject', AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
      },
    },
    ...Object.fromEntries(
      severities.map((severity) => [
        `Topic${severity}`,
        { Type: 'AWS::SNS::Topic', Properties: { TopicName: topicName(environment, severity) } },
      ]),
    ),
    Rotator: lambda(rotator, 'rotate-postgres', 30),
    ...Object.fromEntries(
      tasks.map((task) => [`F${task.replaceAll('-', '')}`, lambda(functionName(environment, task), task, 120)]),
    ),
    Rollout: {
      Type: 'AWS::StepFunctions::StateMachine',
      DependsOn: tasks.map((task) => `F${task.replaceAll('-', '')}`),
      Properties: {
        StateMachineName: 'mainstay-small-secret-rollout',
        RoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] },
        DefinitionString: rollout(),
      },
    },
    Permission: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        Action: 'lambda:InvokeFunction',
        FunctionName: { Ref: 'Rotator' },
        Principal: 'secretsmanager.amazonaws.com',
        SourceAccount: account,
      },
    },
    Schedule: {
      Type: 'AWS::SecretsManager::RotationSchedule',
      DependsOn: ['Permission', 'AppAttachment', 'Plan'],
      Properties: {
        SecretId: { Ref: 'App' },
        RotationLambdaARN: { 'Fn::GetAtt': ['Rotator', 'Arn'] },
        RotationRules: { ScheduleExpression: 'rate(30 days)', Duration: '3h' },
        RotateImmediatelyOnUpdate: false,
      },
    },
  };
}

/** How one rotation ended. */
export interface Ending {
  /** `new`: the version that was to become current is. */
  readonly current: 'old' | 'new';
  readonly labels: readonly (readonly string[])[];
  readonly pendingLeft: boolean;
  readonly login: LoginOutcome;
  readonly claims: number;
  /** Texts that must not be seen and are. */
  readonly leaks: number;
  readonly notices: readonly string[];
}

export interface SmallRotation {
  readonly rehearsal: Rehearsal;
  readonly rotator: string;
  readonly watchdog: string;
  readonly secrets: SecretsManager;
  /** A call by a person; settles in virtual time. */
  ask(service: string, operation: string, input: OperationInput): Promise<OperationInput>;
  /** Rotates, and lets the watchdog look every quarter of an hour until nothing is left to be done, three hours at most. */
  rotate(): Promise<Ending>;
}

let bundles: ReturnType<typeof bundleFunctions> | undefined;

/** A deployed small world in which the secret `app` can be rotated. Faults begin with the first rotation. */
export async function smallRotation(plan: RotationPlan, faults: FaultPlan): Promise<SmallRotation> {
  bundles ??= bundleFunctions();
  const folders = await bundles;
  const files: Record<string, SmallFile> = {};
  for (const task of ['rotate-postgres', ...tasks]) {
    const content = readFileSync(join(String(folders.get(task)), 'index.js'), 'utf8');
    files[`${task}/index.js`] = { key: task, content, folder: true };
  }
  const assemblyDirectory = smallAssembly([{ name: 'Small', template: { Resources: resources(plan) }, files }]);
  const gate = new Gate(faults);
  const rehearsal = await createRehearsal({
    assemblyDirectory,
    seed: 1,
    startsAt: Date.UTC(2026, 0, 5, 9),
    faults: gate,
  });
  interfere(rehearsal, gate, () => false);
  putUser(rehearsal);
  return worldOf(rehearsal, gate);
}

/** Keeps the faults back until they are asked for. */
class Gate implements FaultPlan {
  open = false;
  readonly #plan: FaultPlan;

  constructor(plan: FaultPlan) {
    this.#plan = plan;
  }

  onCall(...seen: Parameters<FaultPlan['onCall']>) {
    return this.open ? this.#plan.onCall(...seen) : undefined;
  }

  onInvocation(...seen: Parameters<FaultPlan['onInvocation']>) {
    return this.open ? this.#plan.onInvocation(...seen) : undefined;
  }

  onDelivery(...seen: Parameters<FaultPlan['onDelivery']>) {
    return this.open ? this.#plan.onDelivery(...seen) : undefined;
  }
}

/** The application's user, as the deployment of a database makes it. */
function putUser(rehearsal: Rehearsal): void {
  const secrets = rehearsal.account.service<SecretsManager>('secretsmanager');
  const model = rehearsal.account.service<Rds>('rds').instance(region, 'shop')?.model;
  const verifier = passwordVerifier(secrets.field(region, names.app, 'password'), Buffer.alloc(16, 3));
  const transaction = model?.begin();
  for (const statement of [
    'REVOKE ALL ON DATABASE "shop" FROM PUBLIC',
    `CREATE ROLE "app" LOGIN PASSWORD '${verifier}'`,
    'GRANT CONNECT, CREATE, TEMPORARY ON DATABASE "shop" TO "app"',
  ]) {
    transaction?.run(statement, [], 'chief');
  }
  transaction?.commit();
}

function worldOf(rehearsal: Rehearsal, gate: Gate): SmallRotation {
  const secrets = rehearsal.account.service<SecretsManager>('secretsmanager');
  const { kernel, log } = rehearsal;
  const during = async <T>(work: Promise<T>): Promise<T> => {
    let settled = false;
    const done = () => {
      settled = true;
    };
    work.then(done, done);
    await kernel.run({ done: () => settled });
    return work;
  };
  const ask = (service: string, operation: string, input: OperationInput) =>
    during(rehearsal.account.call({ service, operation, input, principal: person, region }));
  const watchdog = functionName(environment, 'watch-rotations');
  return {
    rehearsal,
    rotator,
    watchdog,
    secrets,
    ask,
    async rotate() {
      gate.open = true;
      const from = log.events.length;
      const before = secrets.store.require(region, names.app).stages.get('AWSCURRENT');
      await ask('secretsmanager', 'RotateSecret', { SecretId: names.app });
      for (let look = 0; look < 12; look++) {
        await kernel.run({ until: kernel.now() + 15 * minute });
        const { stages } = secrets.store.require(region, names.app);
        const pending = stages.get('AWSPENDING');
        await ask('lambda', 'Invoke', { FunctionName: watchdog, Payload: '{}' });
        const claims = ((await ask('dynamodb', 'Scan', { TableName: table }))['Items'] ?? []) as unknown[];
        if (claims.length === 0 && (pending === undefined || pending === stages.get('AWSCURRENT'))) break;
      }
      const login = await during(currentLogin(rehearsal));
      return endingOf(rehearsal, { before, login, claims: await claimsOf(ask), from });
    },
  };
}

async function claimsOf(ask: SmallRotation['ask']): Promise<number> {
  return ((await ask('dynamodb', 'Scan', { TableName: table }))['Items'] ?? []).length;
}

function currentLogin({ network: net, kernel, account: services }: Rehearsal): Promise<LoginOutcome> {
  const { text } = services.service<SecretsManager>('secretsmanager').store.require(region, names.app).current;
  const { host, port, username: user, password, dbname: database } = JSON.parse(text);
  const vpcId = services.service<Rds>('rds').instance(region, 'shop')?.vpcId ?? '';
  const source = { functionName: 'checker', region, vpcId };
  return logIn(net, kernel, { host, port, user, password, database }, { source, nonce: 'checker' });
}

function endingOf(
  { account: services, log }: Rehearsal,
  seen: {
    readonly before: string | undefined;
    readonly login: LoginOutcome;
    readonly claims: number;
    readonly from: number;
  },
): Ending {
  const secrets = services.service<SecretsManager>('secretsmanager');
  const stored = secrets.store.require(region, names.app);
  const { stages } = stored;
  const pending = stages.get('AWSPENDING');
  const events = log.events.slice(seen.from);
  const text = JSON.stringify(events);
  return {
    current: stages.get('AWSCURRENT') === seen.before ? 'old' : 'new',
    labels: stored.versions.map(({ id }) => stored.stagesOf(id)).filter((labels) => labels.length > 0),
    pendingLeft: pending !== undefined && pending !== stages.get('AWSCURRENT'),
    login: seen.login,
    claims: seen.claims,
    leaks: [...secrets.confidentialTexts].filter((confidential) => text.includes(confidential)).length,
    notices: events.filter(({ kind }) => kind === 'notification.sent').map(({ subject }) => String(subject)),
  };
}
