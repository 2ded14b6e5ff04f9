import { createCloudWatch } from '../../../rehearsal/aws/cloudwatch.ts';
import { createDynamoDb } from '../../../rehearsal/aws/dynamodb.ts';
import { createEc2 } from '../../../rehearsal/aws/ec2-inert.ts';
import { createEcr } from '../../../rehearsal/aws/ecr.ts';
import { createElasticLoadBalancing } from '../../../rehearsal/aws/elasticloadbalancing.ts';
import { createKms } from '../../../rehearsal/aws/kms.ts';
import type { CreateModule, EventBus, ServiceEvent } from '../../../rehearsal/aws/module.ts';
import type { OperationInput, SimulatedService } from '../../../rehearsal/aws/service.ts';
import { createSns } from '../../../rehearsal/aws/sns.ts';
import { createSsm } from '../../../rehearsal/aws/ssm.ts';
import { createRehearsal, type Rehearsal } from '../../../rehearsal/rehearsal.ts';
import { type SmallStack, smallAssembly } from '../assembly/small-assembly.ts';
import { ask } from './small-world.ts';

/** Start of every test's clock: a whole minute. */
export const startsAt = Date.UTC(2026, 0, 5, 9, 0, 0);
export const minute = 60_000;

/** EventBridge that only remembers what was published. */
class RecordedEvents implements SimulatedService, EventBus {
  readonly id = 'events';
  readonly operations = {};
  readonly published: ServiceEvent[] = [];

  publish(event: ServiceEvent): void {
    this.published.push(event);
  }
}

export interface ServicesWorld {
  readonly rehearsal: Rehearsal;
  readonly published: readonly ServiceEvent[];
  service<T extends SimulatedService>(id: string): T;
  ask(service: string, operation: string, input: OperationInput): Promise<OperationInput>;
  /** Lets so much virtual time pass. */
  wait(milliseconds: number): Promise<void>;
}

type Stack = Omit<SmallStack, 'template'> & { readonly resources: Readonly<Record<string, unknown>> };

/** The stateful services of AWS with these stacks deployed; an empty stack where none is given. */
export async function servicesWorld(...stacks: readonly Stack[]): Promise<ServicesWorld> {
  const events = new RecordedEvents();
  const deployed: readonly Stack[] = stacks.length > 0 ? stacks : [{ name: 'Small', resources: {} }];
  const modules: CreateModule[] = [
    createCloudWatch,
    createDynamoDb,
    createEc2,
    createEcr,
    createElasticLoadBalancing,
    createKms,
    createSns,
    createSsm,
    () => ({ services: [events] }),
  ];
  const rehearsal = await createRehearsal({
    assemblyDirectory: smallAssembly(
      deployed.map(({ resources, ...stack }) => ({ ...stack, template: { Resources: resources } })),
    ),
    seed: 1,
    startsAt,
    modules,
  });
  return {
    rehearsal,
    published: events.published,
    service: (id) => rehearsal.account.service(id),
    ask: (service, operation, input) => ask(rehearsal, service, operation, input),
    wait: (milliseconds) => rehearsal.kernel.run({ until: rehearsal.kernel.now() + milliseconds }),
  };
}
