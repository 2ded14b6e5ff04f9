import { createEvents } from '../../../rehearsal/aws/events.ts';
import { createKms } from '../../../rehearsal/aws/kms.ts';
import type { CreateModule, World } from '../../../rehearsal/aws/module.ts';
import { createSecretsManager, type SecretsManager } from '../../../rehearsal/aws/secretsmanager.ts';
import { AwsError, type OperationInput, type SimulatedService } from '../../../rehearsal/aws/service.ts';
import { type FunctionStore, lambdaProviders } from '../../../rehearsal/lambda/providers.ts';
import { createRehearsal, type Rehearsal } from '../../../rehearsal/rehearsal.ts';
import { account, smallAssembly } from '../assembly/small-assembly.ts';
import { person } from './small-world.ts';

export const region = 'us-east-1';
export const standby = 'us-west-2';
/** A Monday, 09:00. */
export const startsAt = Date.UTC(2026, 0, 5, 9, 0, 0);
export const hour = 3_600_000;
export const day = 24 * hour;
export const rotator = `arn:aws:lambda:${region}:${account}:function:rotator`;

export interface RotationCall {
  readonly Step: string;
  readonly SecretId: string;
  readonly ClientRequestToken: string;
  readonly RotationToken: string;
}

/** What the rotation function does; a thrown error is its own. */
export type Rotator = (call: RotationCall, world: SecretsWorld) => unknown;

export interface SecretsWorld {
  readonly rehearsal: Rehearsal;
  readonly secrets: SecretsManager;
  /** A call by a person; settles in virtual time. */
  ask(operation: string, input: OperationInput, place?: string): Promise<OperationInput>;
  /** A call from inside the rotation function, which lets no time pass by itself. */
  call(operation: string, input: OperationInput): Promise<OperationInput>;
  wait(milliseconds: number): Promise<void>;
  /** Labels by version of the secret `login`. */
  labels(place?: string): Record<string, string[]>;
}

export const secret = {
  Type: 'AWS::SecretsManager::Secret',
  Properties: {
    Name: 'login',
    GenerateSecretString: {
      SecretStringTemplate: '{"username":"app"}',
      GenerateStringKey: 'password',
      PasswordLength: 20,
      ExcludePunctuation: true,
    },
  },
};
export const replicated = {
  ...secret,
  Properties: { ...secret.Properties, ReplicaRegions: [{ Region: standby }] },
};
export const permission = {
  Type: 'AWS::Lambda::Permission',
  Properties: {
    Action: 'lambda:InvokeFunction',
    FunctionName: rotator,
    Principal: 'secretsmanager.amazonaws.com',
    SourceAccount: account,
  },
};
export function schedule(RotationRules: object, more: object = {}) {
  return {
    Type: 'AWS::SecretsManager::RotationSchedule',
    DependsOn: 'Permission',
    Properties: { SecretId: { Ref: 'Secret' }, RotationLambdaARN: rotator, RotationRules, ...more },
  };
}

/** The four steps done as they should be, without a server behind the secret. */
export async function rotates({ Step, SecretId, ClientRequestToken }: RotationCall, world: SecretsWorld) {
  const described = await world.call('DescribeSecret', { SecretId });
  const labels = described['VersionIdsToStages'] as Record<string, string[]>;
  const current = Object.keys(labels).find((id) => labels[id]?.includes('AWSCURRENT'));
  const made = await world.call('GetSecretValue', { SecretId, VersionId: ClientRequestToken }).catch(() => undefined);
  if (Step === 'createSecret' && !made) {
    const { RandomPassword } = await world.call('GetRandomPassword', { ExcludePunctuation: true });
    const SecretString = JSON.stringify({ username: 'app', password: RandomPassword });
    await world.call('PutSecretValue', { SecretId, ClientRequestToken, SecretString, VersionStages: ['AWSPENDING'] });
  }
  if (Step === 'finishSecret' && current !== ClientRequestToken) {
    await world.call('UpdateSecretVersionStage', {
      SecretId,
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: ClientRequestToken,
      RemoveFromVersionId: current,
    });
    await world.call('UpdateSecretVersionStage', {
      SecretId,
      VersionStage: 'AWSPENDING',
      RemoveFromVersionId: ClientRequestToken,
    });
  }
}

/** Lambda with one function, `rotator`, that is a closure of the test. */
function lambdaOf(invoke: (call: RotationCall) => unknown): CreateModule {
  return (world: World) => {
    const store: FunctionStore = {
      add: () => undefined,
      setAsynchronous: () => undefined,
      arnOf: (name) => {
        if (name === rotator) return rotator;
        throw new AwsError('ResourceNotFoundException', `Function not found: ${name}`, 404);
      },
    };
    const service: SimulatedService & { arnOf: FunctionStore['arnOf'] } = {
      id: 'lambda',
      arnOf: store.arnOf,
      operations: {
        Invoke: {
          inputs: ['FunctionName', 'Payload', 'InvocationType'],
          authorise: (input) => [{ action: 'lambda:InvokeFunction', resources: [String(input['FunctionName'])] }],
          run: async (input) => {
            try {
              await invoke(JSON.parse(String(input['Payload'])));
              return { StatusCode: 200, Payload: 'null' };
            } catch (error) {
              const { name: errorType, message: errorMessage } = error as Error;
              return {
                StatusCode: 200,
                FunctionError: 'Unhandled',
                Payload: JSON.stringify({ errorType, errorMessage }),
              };
            }
          },
        },
      },
    };
    const providers = lambdaProviders(world, store).filter(({ type }) => type === 'AWS::Lambda::Permission');
    return { services: [service], providers };
  };
}

/** A deployed stack with secrets, in a world whose only function is the given one. */
export async function secretsWorld(
  resources: Readonly<Record<string, unknown>>,
  rotate: Rotator = rotates,
): Promise<SecretsWorld> {
  let world: SecretsWorld | undefined;
  const rehearsal = await createRehearsal({
    assemblyDirectory: smallAssembly([{ name: 'Small', template: { Resources: resources } }]),
    seed: 1,
    startsAt,
    modules: [
      createEvents,
      createKms,
      createSecretsManager,
      // While the stack is deployed there is no world yet: only testSecret is invoked then.
      lambdaOf((call) => (world ? rotate(call, world) : undefined)),
    ],
  });
  world = worldOf(rehearsal);
  return world;
}

function worldOf(rehearsal: Rehearsal): SecretsWorld {
  const secrets = rehearsal.account.service<SecretsManager>('secretsmanager');
  const call = (operation: string, input: OperationInput, place = region): Promise<OperationInput> =>
    rehearsal.account.call({ service: 'secretsmanager', operation, input, principal: person, region: place });
  return {
    rehearsal,
    secrets,
    call,
    ask: async (operation, input, place) => {
      let settled = false;
      const done = () => {
        settled = true;
      };
      const answer = call(operation, input, place);
      answer.then(done, done);
      await rehearsal.kernel.run({ done: () => settled });
      return answer;
    },
    wait: (milliseconds) => rehearsal.kernel.run({ until: rehearsal.kernel.now() + milliseconds }),
    labels: (place = region) => {
      const stored = secrets.store.require(place, 'login');
      const labelled = stored.versions.filter(({ id }) => stored.stagesOf(id).length > 0);
      return Object.fromEntries(labelled.map(({ id }) => [id, stored.stagesOf(id)]));
    },
  };
}
