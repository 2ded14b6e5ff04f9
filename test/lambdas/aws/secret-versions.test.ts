import { beforeAll, describe, expect, it } from 'vitest';
import { SecretsManager } from '../../../rehearsal/aws/secretsmanager.ts';
import { StoredSecret } from '../../../rehearsal/aws/secretsmanager-store.ts';
import { AwsError } from '../../../rehearsal/aws/service.ts';
import { bundleHandler } from '../../rehearsal/lambda/bundle.ts';
import { fakeService, lambdaWorld, startsAt } from '../../rehearsal/lambda/world.ts';

const name = 'mainstay/aeon/secrets/shop';
const first = 'v1-'.padEnd(36, '1');
const second = 'v2-'.padEnd(36, '2');
const region = 'us-east-1';
const machine = `arn:aws:states:${region}:111111111111:stateMachine:mainstay-aeon-secret-rollout`;
let folder = '';

beforeAll(async () => {
  folder = await bundleHandler(`
    import { secretVersions } from '../../../lambdas/aws/secret-versions.ts';
    import { stepFunctionsRollouts } from '../../../lambdas/aws/rollouts.ts';
    const ports: any = { ...secretVersions('${region}'), rollouts: stepFunctionsRollouts('${region}', '${machine}') };
    export const handler = async ([operation, ...given]: [string, ...unknown[]]) => {
      try {
        const port = operation === 'start' || operation === 'statusOf' ? ports.rollouts : ports;
        const gave = await port[operation](...given);
        return { gave: gave?.versions ? { ...gave, versions: [...gave.versions] } : gave ?? null };
      } catch (error: any) {
        return { error: error.name, message: error.message };
      }
    };
  `);
});

interface Answer {
  readonly gave?: unknown;
  readonly error?: string;
  readonly message?: string;
}

/** The adapter as it is bundled, on the SDK's own wire, before the simulated Secrets Manager. */
async function world() {
  const executions = new Map<string, string>();
  const named = (error: string): never => {
    throw new AwsError(error, error);
  };
  const states = fakeService('states', 'states', {
    StartExecution: ({ name: execution, input }) => {
      if (executions.has(String(execution))) return named('ExecutionAlreadyExists');
      executions.set(String(execution), String(input));
      return { executionArn: `arn:${execution}`, startDate: new Date(startsAt) };
    },
    DescribeExecution: ({ executionArn }) => {
      const execution = String(executionArn).split(':').at(-1) ?? '';
      if (!executions.has(execution)) return named('ExecutionDoesNotExist');
      return { executionArn, stateMachineArn: machine, status: 'RUNNING', startDate: new Date(startsAt) };
    },
  });
  const statements = [{ Effect: 'Allow', Action: ['secretsmanager:*', 'states:*'], Resource: '*' }];
  const made = await lambdaWorld({ folder, statements, services: [states] });
  const secrets = new SecretsManager(made.account, { putResourcePolicy: () => undefined });
  made.account.register({ services: [secrets], providers: secrets.providers });
  const secret = new StoredSecret({ name, resource: `${name}-aBcDeF`, region, key: '', at: startsAt });
  secret.add({ id: first, text: '{"password":"hush-first"}', createdAt: startsAt });
  secret.attach('AWSCURRENT', first);
  secrets.store.add(secret);
  const call = (...given: unknown[]) => made.answer(given) as Promise<Answer>;
  return { call, secret, executions };
}

describe('the versions of a secret', () => {
  it('are described with their stages; what does not exist is not there', async () => {
    const { call, secret } = await world();
    secret.add({ id: second, createdAt: startsAt });
    secret.attach('AWSPENDING', second);
    const { gave } = await call('describe', name);
    expect(gave).toMatchObject({
      arn: `arn:aws:secretsmanager:${region}:111111111111:secret:${name}-aBcDeF`,
      name,
      createdAt: new Date(startsAt).toISOString(),
    });
    expect(new Map((gave as { versions: [string, string[]][] }).versions)).toEqual(
      new Map([
        [first, ['AWSCURRENT']],
        [second, ['AWSPENDING']],
      ]),
    );
    expect(await call('describe', 'mainstay/aeon/secrets/gone')).toEqual({ gave: null });
  });

  it('are read by id or stage; an announced one has no value', async () => {
    const { call, secret } = await world();
    const value = { versionId: first, text: '{"password":"hush-first"}', createdAt: new Date(startsAt).toISOString() };
    expect(await call('read', name, { stage: 'AWSCURRENT' })).toEqual({ gave: value });
    expect(await call('read', name, { id: first })).toEqual({ gave: value });
    secret.add({ id: second, createdAt: startsAt });
    secret.attach('AWSPENDING', second);
    expect(await call('read', name, { id: second })).toEqual({ gave: null });
    expect(await call('read', name, { stage: 'AWSPREVIOUS' })).toEqual({ gave: null });
  });

  it('are gone with a secret that is marked for deletion', async () => {
    const { call, secret } = await world();
    secret.deletedAt = startsAt;
    expect(await call('read', name, { stage: 'AWSCURRENT' })).toEqual({ gave: null });
    expect(await call('describe', name)).toEqual({ gave: null });
  });

  it('get a value once: another one is not taken', async () => {
    const { call, secret } = await world();
    expect(await call('putPending', name, second, '{"password":"hush-second"}')).toEqual({ gave: true });
    expect(await call('putPending', name, second, '{"password":"hush-second"}')).toEqual({ gave: true });
    expect(await call('putPending', name, second, '{"password":"hush-third"}')).toEqual({ gave: false });
    expect([secret.version(second)?.text, secret.stagesOf(second)]).toEqual([
      '{"password":"hush-second"}',
      ['AWSPENDING'],
    ]);
  });

  it('take stages over and give them up; a stage that is elsewhere is refused without a value in the message', async () => {
    const { call, secret } = await world();
    await call('putPending', name, second, '{"password":"hush-second"}');
    await call('moveStage', name, 'AWSCURRENT', { to: second, from: first });
    await call('moveStage', name, 'AWSPENDING', { from: second });
    expect(Object.fromEntries(secret.stages)).toEqual({ AWSCURRENT: second, AWSPREVIOUS: first });
    const refused = await call('moveStage', name, 'AWSCURRENT', { to: second, from: first });
    expect(refused.error).toBe('AwsRefused');
    expect(refused.message).not.toContain('hush');
  });

  it('have random passwords of letters and digits', async () => {
    const { call } = await world();
    const [one, other] = [await call('randomPassword'), await call('randomPassword')];
    expect(one.gave).toMatch(/^[A-Za-z0-9]{48}$/);
    expect(other.gave).not.toBe(one.gave);
  });

  it('are not rotated where no rotation is configured', async () => {
    const { call } = await world();
    expect(await call('startRotation', name)).toMatchObject({ gave: false });
  });
});

describe('the rollout of a version', () => {
  it('is started once, under a name of at most 80 characters', async () => {
    const { call, executions } = await world();
    const request = { secret: 'a-secret-with-a-long-name'.repeat(4), versionId: second, previousVersionId: first };
    expect(await call('statusOf', request.secret, second)).toEqual({ gave: null });
    await call('start', request);
    expect(await call('start', request)).toEqual({ gave: null });
    expect([...executions]).toEqual([[expect.stringMatching(/^.{80}$/), JSON.stringify(request)]]);
    expect(await call('statusOf', request.secret, second)).toEqual({ gave: 'RUNNING' });
  });
});
