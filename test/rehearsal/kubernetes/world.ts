import type { FaultPlan } from '../../../rehearsal/faults/fault.ts';
import { noFaults } from '../../../rehearsal/faults/fault.ts';
import { Kernel } from '../../../rehearsal/kernel/kernel.ts';
import { EventLog } from '../../../rehearsal/kernel/log.ts';
import { Cluster, installKinds } from '../../../rehearsal/kubernetes/cluster.ts';
import { gatewayApiDefinitions, loadBalancerControllerDefinitions } from '../../../rehearsal/kubernetes/definitions.ts';
import type { KubernetesObject } from '../../../rehearsal/kubernetes/index.ts';
import type { NetworkResponse } from '../../../rehearsal/lambda/network.ts';
import { Traffic } from '../../../rehearsal/traffic/index.ts';

export const digestA = `sha256:${'a'.repeat(64)}`;
export const digestB = `sha256:${'b'.repeat(64)}`;
export const registry = '111111111111.dkr.ecr.us-east-1.amazonaws.com/aeon/aeon-dt-api';

// biome-ignore lint/suspicious/noExplicitAny: tests look into objects and answers freely
export type Loose = any;

export interface Published {
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly sum: number;
  readonly count: number;
  readonly at: number;
}

/** One cluster with six nodes on a kernel of its own. Tokens are `<role>/<session>` in clear, as verifyToken here reads them. */
export function createWorld(
  options: { readonly seed?: number; readonly faults?: FaultPlan; readonly requestsPerSecond?: number } = {},
) {
  const kernel = new Kernel({ seed: options.seed ?? 1, startsAt: Date.parse('2026-11-20T12:00:00Z') });
  const log = new EventLog(() => kernel.now());
  const published: Published[] = [];
  const traffic = new Traffic({
    kernel,
    log,
    defaultRequestsPerSecond: options.requestsPerSecond ?? 100,
    metrics: () => ({
      putDistribution: (_region, { name, dimensions }, { sum, count }, times) =>
        published.push({ name, dimensions, sum, count, at: times?.at ?? 0 }),
    }),
  });
  const images = new Set([digestA, digestB]);
  const cluster = new Cluster(
    {
      name: 'aeon',
      region: 'us-east-1',
      account: '111111111111',
      vpcId: 'vpc-1',
      publicAccess: false,
      privateAccess: true,
    },
    {
      kernel,
      log,
      faults: options.faults ?? noFaults,
      traffic,
      imageDigest: (image) => {
        const digest = image.split('@')[1];
        return digest !== undefined && images.has(digest) ? digest : undefined;
      },
      mountVolumes: async () => undefined,
      loadBalancerSubnets: (scheme) => (scheme === 'internal' ? ['10.0.11.0/24'] : ['10.0.1.0/24', '10.0.2.0/24']),
      verifyToken: (url) => {
        const roleName = new URL(url).searchParams.get('role') ?? '';
        return { roleArn: `arn:aws:iam::111111111111:role/${roleName}`, sessionName: 'session' };
      },
    },
  );
  cluster.addNodes({
    name: 'api',
    instanceType: 't3.xlarge',
    size: 6,
    labels: { workload: 'api' },
    taints: [{ key: 'workload', value: 'api', effect: 'NO_SCHEDULE' }],
    spot: true,
  });
  installKinds(cluster, [...gatewayApiDefinitions, ...loadBalancerControllerDefinitions]);
  cluster.apply(
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'aeon', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    },
    { manager: 'test' },
  );
  return { kernel, log, traffic, cluster, published, images };
}

export type World = ReturnType<typeof createWorld>;

export function deployment(
  name: string,
  replicas: number,
  digest = digestA,
  change: { container?: object; pod?: object; spec?: object } = {},
): KubernetesObject {
  const labels = { 'app.kubernetes.io/name': 'aeon-dt-api', slot: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'aeon', labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          tolerations: [{ key: 'workload', value: 'api', effect: 'NoSchedule' }],
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [
            {
              name: 'api',
              image: `${registry}@${digest}`,
              ports: [{ name: 'http', containerPort: 8080 }],
              resources: { requests: { cpu: '500m', memory: '512Mi' }, limits: { cpu: '1', memory: '1Gi' } },
              readinessProbe: { httpGet: { path: '/ready', port: 8080 }, initialDelaySeconds: 5, periodSeconds: 5 },
              lifecycle: { preStop: { sleep: { seconds: 10 } } },
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
              ...change.container,
            },
          ],
          ...change.pod,
        },
      },
      ...change.spec,
    },
  } as unknown as KubernetesObject;
}

/** Gateway, both slots' Services and the route, as the platform's objects make them. */
export function routedObjects(weights: { blue: number; green: number }): KubernetesObject[] {
  const slots = ['blue', 'green'] as const;
  const objects = [
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'GatewayClass',
      metadata: { name: 'alb' },
      spec: { controllerName: 'gateway.k8s.aws/alb' },
    },
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { name: 'gateway', namespace: 'aeon' },
      spec: { gatewayClassName: 'alb', listeners: [{ name: 'http', protocol: 'HTTP', port: 80 }] },
    },
    ...slots.flatMap((slot) => [
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: `aeon-dt-api-${slot}`, namespace: 'aeon' },
        spec: { selector: { slot: `aeon-dt-api-${slot}` }, ports: [{ port: 8080, targetPort: 8080 }] },
      },
      {
        apiVersion: 'gateway.k8s.aws/v1',
        kind: 'TargetGroupConfiguration',
        metadata: { name: `aeon-dt-api-${slot}`, namespace: 'aeon' },
        spec: { targetReference: { name: `aeon-dt-api-${slot}` }, defaultConfiguration: { targetType: 'ip' } },
      },
    ]),
    route(weights),
  ];
  return objects as unknown as KubernetesObject[];
}

export function route(weights: { blue: number; green: number }): KubernetesObject {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'aeon-dt-api', namespace: 'aeon' },
    spec: {
      parentRefs: [{ name: 'gateway' }],
      rules: [
        {
          backendRefs: Object.entries(weights).map(([slot, weight]) => ({
            name: `aeon-dt-api-${slot}`,
            port: 8080,
            weight,
          })),
        },
      ],
    },
  } as unknown as KubernetesObject;
}

/** Starts the load balancer controller against a stand-in for Elastic Load Balancing. */
export function startController({ cluster }: World) {
  const states = new Map<string, string>();
  let number = 0;
  cluster.startLoadBalancerController({
    loadBalancing: {
      createLoadBalancer: async ({ name }) => ({
        arn: `arn:lb/${name}`,
        fullName: `app/${name}/1`,
        dnsName: 'gateway.example',
      }),
      createTargetGroup: async ({ name }) => {
        number++;
        return { arn: `arn:tg/${name}`, fullName: `targetgroup/${name}/${number}` };
      },
    },
    targets: {
      setTargets: (_arn, targets) => {
        for (const target of targets) states.set(target.id, target.state);
      },
      deregisterTargets: (_arn, targets) => {
        for (const target of targets) states.delete(target.id);
      },
    },
  });
  return states;
}

export interface CallOptions {
  readonly method?: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly role?: string;
  readonly vpcId?: string;
  readonly ca?: string;
  readonly token?: string;
}

/** A call over the network, and virtual time until its answer. */
export async function call(
  world: World,
  path: string,
  options: CallOptions = {},
): Promise<{
  status: number;
  body: Loose;
  headers: NetworkResponse['headers'];
}> {
  const { kernel, cluster } = world;
  const url = `https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&role=${options.role ?? 'admin'}`;
  const token = options.token ?? `k8s-aws-v1.${Buffer.from(url).toString('base64url')}`;
  let outcome: { response: NetworkResponse } | { error: unknown } | undefined;
  cluster.api
    .handle({
      method: options.method ?? 'GET',
      host: cluster.host,
      port: 443,
      path,
      headers: {
        authorization: `Bearer ${token}`,
        ...(options.contentType ? { 'content-type': options.contentType } : {}),
        'user-agent': 'test/1',
      },
      body: Buffer.from(options.body === undefined ? '' : JSON.stringify(options.body)),
      certificateAuthority: options.ca ?? cluster.certificateAuthority,
      source: {
        functionName: 'f',
        region: 'us-east-1',
        ...(options.vpcId === '' ? {} : { vpcId: options.vpcId ?? 'vpc-1' }),
      },
    })
    .then(
      (response) => {
        outcome = { response };
      },
      (error: unknown) => {
        outcome = { error };
      },
    );
  await kernel.run({ done: () => outcome !== undefined });
  if (!outcome) throw new Error('no answer');
  if ('error' in outcome) throw outcome.error;
  const { response } = outcome;
  return { status: response.status, headers: response.headers, body: JSON.parse(String(response.body)) };
}

export function grantAdmin({ cluster }: World): void {
  cluster.grantAccess({
    principalArn: 'arn:aws:iam::111111111111:role/admin',
    username: undefined,
    groups: [],
    policies: [{ name: 'AmazonEKSClusterAdminPolicy' }],
  });
}

export async function pass({ kernel }: World, seconds: number): Promise<void> {
  await kernel.run({ until: kernel.now() + seconds * 1000 });
}
