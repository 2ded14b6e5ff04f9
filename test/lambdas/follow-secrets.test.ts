import { describe, expect, it } from 'vitest';
import type { ServiceDelivery } from '../../domain/delivery.ts';
import { deliveryParameterName, type Slot } from '../../domain/names.ts';
import { type RotationPlan, rotationPlanParameterName } from '../../domain/rotation.ts';
import type { SecretDescription } from '../../lambdas/ports/rotation.ts';
import { followSecrets } from '../../lambdas/standby/follow-secrets.ts';
import { plan as api, worker } from './world.ts';

const rotation: RotationPlan = {
  environment: 'aeon',
  secret: 'password',
  secretName: 'mainstay/aeon/secrets/password',
  kind: 'postgres',
  users: 'alternating',
  everyDays: 30,
  opens: 'aeon-dt',
  consumers: [api.service, worker.service],
  overlapSeconds: 0,
};
const master: RotationPlan = { ...rotation, secret: 'master', secretName: 'm', users: 'single', consumers: [] };

/** A standby whose secret is `described`, and whose Deployments ask for what `asked` holds. */
function standby(described: Partial<SecretDescription>) {
  const asked = new Map<string, string>();
  const parameters = new Map([
    ...[rotation, master].map((plan): [string, string] => [
      rotationPlanParameterName('aeon', plan.secret),
      JSON.stringify(plan),
    ]),
    ...[api, worker].map((each): [string, string] => [
      deliveryParameterName('aeon', each.service),
      JSON.stringify(each),
    ]),
  ]);
  const under = (path: string) => new Map([...parameters].filter(([name]) => name.startsWith(path)));
  const secret = { arn: 'arn', name: rotation.secretName, versions: new Map(), ...described };
  const slotOf = ({ service }: ServiceDelivery, slot: Slot) => `${service}-${slot}`;
  const ports = {
    environment: 'aeon',
    parameters: { read: async (name: string) => parameters.get(name), readUnder: async (path: string) => under(path) },
    secrets: { describe: async () => secret },
    cluster: {
      readConsumer: async (service: ServiceDelivery, slot: Slot) => ({
        image: '',
        replicas: 0,
        totalReplicas: 0,
        updatedReplicas: 0,
        readyReplicas: 0,
        availableReplicas: 0,
        observed: true,
        versionId: asked.get(slotOf(service, slot)),
      }),
      writeVersion: async (service: ServiceDelivery, slot: Slot, _secret: string, versionId: string) => {
        asked.set(slotOf(service, slot), versionId);
      },
    },
  };
  return { ports, asked, secret };
}

const versions = new Map([
  ['v1', ['AWSPREVIOUS']],
  ['v2', ['AWSCURRENT']],
]);

describe('follow-secrets', () => {
  it('has every slot of every consumer ask for the current version, and asks once', async () => {
    const { ports, asked } = standby({ copyOf: 'us-east-1', versions });
    expect(await followSecrets(ports)).toEqual({
      changed: ['aeon-dt-api reads password', 'aeon-dt-worker reads password'],
    });
    expect([...asked]).toEqual([
      ['aeon-dt-api-blue', 'v2'],
      ['aeon-dt-api-green', 'v2'],
      ['aeon-dt-worker-blue', 'v2'],
    ]);
    expect(await followSecrets(ports)).toEqual({ changed: [] });
  });

  it('leaves a secret alone that rotates here: after a failover its own rollout does it', async () => {
    const { ports, asked } = standby({ versions });
    expect(await followSecrets(ports)).toEqual({ changed: [] });
    expect(asked.size).toBe(0);
  });

  it('does nothing for a copy that has no current version yet', async () => {
    const { ports } = standby({ copyOf: 'us-east-1', versions: new Map([['v1', ['AWSPENDING']]]) });
    expect(await followSecrets(ports)).toEqual({ changed: [] });
  });
});
