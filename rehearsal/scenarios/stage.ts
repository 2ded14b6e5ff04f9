import type { ServiceDelivery } from '../../domain/delivery.ts';
import { buildTag } from '../../domain/image-tag.ts';
import {
  alarmName,
  approvalsTableName,
  clusterName,
  deliveryParameterName,
  environmentName,
  functionName,
  otherSlot,
  releaseRecordName,
  type Slot,
  slotName,
  slots,
} from '../../domain/names.ts';
import { deliveryOf } from '../../platforms/delivery.ts';
import type { Ecr } from '../aws/ecr.ts';
import type { Push } from '../aws/ecr-images.ts';
import type { Eks } from '../aws/eks.ts';
import type { ReleaseState, SlotState } from '../checkers/index.ts';
import type { RehearsalEvent } from '../kernel/log.ts';
import { kindNamed } from '../kubernetes/kinds.ts';
import type { KubernetesObject } from '../kubernetes/objects.ts';
import type { Rehearsal } from '../rehearsal.ts';
import { Engineer } from './engineer.ts';
import { parseRelease } from './releases.ts';
import type { CanaryRequest } from './request.ts';

/** The deployed platform with the people in front of it: what scenarios act on and look at. */
export class Stage {
  readonly rehearsal: Rehearsal;
  readonly request: CanaryRequest;
  readonly environment: string;
  readonly region: string;
  readonly delivery: ServiceDelivery;
  readonly engineer: Engineer;
  /** ARN of the promotion under rehearsal, once it has been started. */
  promotionArn = '';
  #canarySlot: Slot | undefined;

  constructor(rehearsal: Rehearsal, request: CanaryRequest) {
    this.rehearsal = rehearsal;
    this.request = request;
    this.environment = environmentName(request.platform.name, request.stage);
    this.region = request.platform.regions.primary.name;
    this.delivery = deliveryOf(request.platform, request.stage, request.service);
    this.traffic.sendUsersTo(this.region);
    this.engineer = new Engineer({ account: rehearsal.account, region: this.region, environment: this.environment });
  }

  get #eks(): Eks {
    return this.rehearsal.account.service<Eks>('eks');
  }

  get #cluster() {
    return this.#eks.cluster(this.region, clusterName(this.environment));
  }

  get #store() {
    return this.#cluster.store;
  }

  get traffic() {
    return this.#eks.traffic;
  }

  /** The users of the service: as many as the definition's autoscaler can carry, unless the release is about traffic. */
  setLoad(requestsPerSecond: number): void {
    this.traffic.setLoad(this.request.service, { requestsPerSecond });
  }

  /** A tag after the platform's convention. */
  tag(version: string, commit: string): string {
    const service = this.request.platform.services.find(({ name }) => name === this.request.service);
    return buildTag(this.delivery.tagConvention, {
      service: service?.image ?? this.request.service,
      environment: this.request.stage,
      version,
      commit,
    });
  }

  /** Pushes an image as the platform builds them; answers the digest its tag names. */
  pushImage(push: Omit<Push, 'repository'>): string {
    const architectures = this.request.platform.images.architectures;
    return this.rehearsal.account
      .service<Ecr>('ecr')
      .pushImage(this.region, { repository: this.delivery.repository, architectures, ...push });
  }

  /** Lets virtual time pass. */
  async pass(seconds: number): Promise<void> {
    const { kernel } = this.rehearsal;
    await kernel.run({ until: kernel.now() + seconds * 1000 });
  }

  /** Waits for something that takes virtual time, such as a call. */
  async during<T>(work: Promise<T>): Promise<T> {
    let settled = false;
    const done = () => {
      settled = true;
    };
    work.then(done, done);
    await this.rehearsal.kernel.run({ done: () => settled });
    return work;
  }

  /** What the world says of the release, read from the cluster. */
  release(): ReleaseState {
    const record = JSON.parse(
      String(
        (this.#object('ConfigMap', releaseRecordName(this.request.service))['data'] as Record<string, string>)[
          'record'
        ],
      ),
    ) as {
      stableSlot: Slot;
      promotion?: { id: string };
    };
    const states: Partial<Record<Slot, SlotState>> = {};
    for (const slot of this.delivery.route ? slots : (['blue'] as const)) {
      const spec = this.#object('Deployment', slotName(this.request.service, slot)).spec as unknown as DeploymentSpec;
      states[slot] = { image: spec.template.spec.containers[0]?.image ?? '', replicas: spec.replicas };
    }
    return {
      ...(this.delivery.route ? { weights: this.#weights() } : {}),
      slots: states,
      stableSlot: record.stableSlot,
      ...(record.promotion ? { heldBy: record.promotion.id } : {}),
    };
  }

  /** Slot that the release under rehearsal goes to; undefined for a release that is replaced in place. */
  get canarySlot(): Slot | undefined {
    return this.#canarySlot;
  }

  rememberCanarySlot(strategy: string): void {
    this.#canarySlot = strategy === 'rolling' ? undefined : otherSlot(this.release().stableSlot);
  }

  /** The new release's share in a `traffic.shifted` event, or undefined where it is about another service. */
  canaryPercentIn(event: RehearsalEvent): number | undefined {
    if (event['service'] !== this.request.service || !this.#canarySlot) return undefined;
    return (event['weights'] as Record<string, number>)[slotName(this.request.service, this.#canarySlot)] ?? 0;
  }

  /** Names of the service's pods that are ready. */
  readyPods(): readonly string[] {
    return this.#store
      .list('Pod', this.environment)
      .filter(({ metadata }) => metadata.name.startsWith(`${this.request.service}-`))
      .filter(({ status }) => JSON.stringify(status ?? {}).includes('"type":"Ready","status":"True"'))
      .map(({ metadata }) => metadata.name);
  }

  /** kubectl by an administrator: changes an object without asking any of our rules. */
  edit(kind: string, name: string, change: (object: KubernetesObject) => void): void {
    const object = structuredClone(this.#object(kind, name));
    change(object);
    this.#store.update(kindNamed(kind), object, { writer: { manager: 'kubectl-edit' } });
  }

  setWeights(canaryPercent: number): void {
    this.edit('HTTPRoute', this.request.service, (route) => {
      for (const [index, backend] of backendsOf(route).entries())
        backend.weight = index === 0 ? 100 - canaryPercent : canaryPercent;
    });
  }

  scaleIdleSlot(replicas: number): void {
    const idle = otherSlot(this.release().stableSlot);
    this.edit('Deployment', slotName(this.request.service, idle), (deployment) => {
      if (deployment.spec) deployment.spec['replicas'] = replicas;
    });
  }

  /** Puts another image into the stable slot, as a hot fix by hand would. */
  changeStableImage(): void {
    const slot = this.release().stableSlot;
    this.engineer.tell(`changes the image of ${slotName(this.request.service, slot)} with kubectl`);
    this.edit('Deployment', slotName(this.request.service, slot), (deployment) => {
      const container = (deployment.spec as unknown as DeploymentSpec).template.spec.containers[0];
      if (container) container.image = container.image.replace(/@.*/, `@sha256:${'0'.repeat(64)}`);
    });
  }

  /** Takes an action out of a function's role, as a policy changed by hand would. */
  takeRightAway(task: string, action: string): void {
    this.engineer.tell(`takes ${action} away from ${functionName(this.environment, task)}`);
    this.rehearsal.iam.denyByHand(functionName(this.environment, task), action);
  }

  /** Approvals that are open and in time, from the table. */
  async pendingApprovals(): Promise<readonly { readonly approvalId: string; readonly expiresAt: number }[]> {
    const { Items } = await this.during(
      this.engineer.call('dynamodb', 'Scan', { TableName: approvalsTableName(this.environment) }),
    );
    const now = this.rehearsal.kernel.now() / 1000;
    return ((Items ?? []) as Record<string, { S?: string; N?: string }>[])
      .filter((item) => item['status']?.S === 'pending' && Number(item['expiresAt']?.N) > now)
      .map((item) => ({ approvalId: item['approvalId']?.S ?? '', expiresAt: Number(item['expiresAt']?.N) }));
  }

  /** Somebody edits the service's delivery parameter: the first step is watched for ten days. */
  async watchForTenDays(): Promise<void> {
    this.engineer.tell('edits the delivery parameter: every step is watched for ten days');
    const steps = this.delivery.steps.map((step) => ({ ...step, watchSeconds: 864_000 }));
    await this.during(
      this.engineer.call('ssm', 'PutParameter', {
        Name: deliveryParameterName(this.environment, this.request.service),
        Value: JSON.stringify({ ...this.delivery, steps }),
        Overwrite: true,
      }),
    );
  }

  /** The load balancer obeys changed weights only after so many seconds. */
  slowLoadBalancer(seconds: number): void {
    this.#cluster.loadBalancerController.weightsObeyedAfterMilliseconds = seconds * 1000;
  }

  /** The controller makes every target group of the service anew, under other names. */
  renameTargetGroups(): void {
    this.engineer.tell('upgrades the load balancer controller, which makes the target groups anew');
    this.#cluster.loadBalancerController.makeTargetGroupsAnew(this.environment, this.request.service);
  }

  async pointAlarmsElsewhere(): Promise<void> {
    const { call } = this.engineer;
    const asked = await call.call(this.engineer, 'cloudwatch', 'DescribeAlarms', {
      AlarmNames: slots.map((scope) =>
        alarmName({ environment: this.environment, service: this.request.service, scope, signal: 'errors' }),
      ),
    });
    await call.call(this.engineer, 'events', 'DisableRule', { Name: `mainstay-${this.environment}-keep-alarms` });
    for (const alarm of (asked['MetricAlarms'] ?? []) as Record<string, unknown>[]) {
      const {
        AlarmArn,
        StateValue,
        StateReason,
        StateReasonData,
        StateUpdatedTimestamp,
        StateTransitionedTimestamp,
        AlarmConfigurationUpdatedTimestamp,
        ...put
      } = alarm;
      const text = JSON.stringify(put).replaceAll(/targetgroup\/[^"]+/g, 'targetgroup/gone/0000000000000000');
      await call.call(this.engineer, 'cloudwatch', 'PutMetricAlarm', JSON.parse(text));
    }
  }

  #weights(): Record<Slot, number> {
    const weights: Record<Slot, number> = { blue: 0, green: 0 };
    const backends = backendsOf(this.#object('HTTPRoute', this.request.service));
    const sum = backends.reduce((total, { weight }) => total + weight, 0);
    for (const { name, weight } of backends) {
      for (const slot of slots) {
        if (name === slotName(this.request.service, slot)) weights[slot] = sum === 0 ? 0 : (100 * weight) / sum;
      }
    }
    return weights;
  }

  #object(kind: string, name: string): KubernetesObject {
    const object = this.#store.get(kind, this.environment, name);
    if (!object) throw new RangeError(`The cluster has no ${kind} '${name}' in '${this.environment}'.`);
    return object;
  }
}

/** A stage for what is not about one release. Throws RangeError for a platform without a service. */
export function plainStage(
  rehearsal: Rehearsal,
  { platform, seed, assemblyDirectory }: Pick<CanaryRequest, 'platform' | 'seed' | 'assemblyDirectory'>,
): Stage {
  const service = platform.services.find(({ route }) => route)?.name ?? platform.services[0]?.name;
  if (service === undefined) throw new RangeError(`'${platform.name}' has no service.`);
  const release = parseRelease('healthy');
  return new Stage(rehearsal, { platform, seed, assemblyDirectory, stage: 'production', service, release, faults: [] });
}

interface DeploymentSpec {
  readonly replicas: number;
  readonly template: { readonly spec: { readonly containers: { image: string }[] } };
}

function backendsOf(route: KubernetesObject): { name: string; weight: number }[] {
  const rules = (route.spec?.['rules'] ?? []) as unknown as { backendRefs?: { name: string; weight: number }[] }[];
  return rules[0]?.backendRefs ?? [];
}
