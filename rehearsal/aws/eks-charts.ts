import { type Cluster, installKinds } from '../kubernetes/cluster.ts';
import { gatewayApiDefinitions, loadBalancerControllerDefinitions } from '../kubernetes/definitions.ts';
import type { LoadBalancing, TargetRegistry } from '../kubernetes/ports.ts';
import type { Eks } from './eks.ts';
import type { ControllerPlace } from './elasticloadbalancing.ts';
import type { World } from './module.ts';
import {
  type DeployedResource,
  type ResourceProvider,
  type ResourceRequest,
  type SimulatedService,
  Unmodelled,
} from './service.ts';

export interface InstalledChart {
  readonly cluster: string;
  readonly region: string;
  readonly chart: string;
  readonly version: string | undefined;
  readonly release: string;
  readonly namespace: string;
}

interface ControllerValues {
  readonly clusterName?: string;
  readonly region?: string;
  readonly vpcId?: string;
  readonly serviceAccount?: { readonly name?: string };
  readonly controllerConfig?: { readonly featureGates?: { readonly ALBGatewayAPI?: boolean } };
}

interface LoadBalancerService {
  controllerOf(place: ControllerPlace): LoadBalancing;
}

/** Charts that bring the Gateway API's definitions and nothing else. */
const gatewayApiCharts = ['gateway-api-crds', 'gateway-api'];

/** What a Helm chart does to the cluster. Throws Unmodelled for a chart that the rehearsal does not know. */
function installChart(eks: Eks, world: World, request: ResourceRequest): DeployedResource {
  const { properties } = request;
  const cluster = eks.cluster(request.region, String(properties['ClusterName']));
  const chart = String(properties['Chart']);
  const namespace = String(properties['Namespace'] ?? 'default');
  const release = String(properties['Release'] ?? request.logicalId.toLowerCase());
  const values = JSON.parse(String(properties['Values'] ?? '{}')) as ControllerValues;
  if (gatewayApiCharts.includes(chart)) installKinds(cluster, gatewayApiDefinitions);
  else if (chart === 'aws-load-balancer-controller') {
    installKinds(cluster, loadBalancerControllerDefinitions);
    startController(eks, world, cluster, namespace, values);
  } else {
    throw new Unmodelled(
      `The rehearsal does not know the chart ${chart}; it knows aws-load-balancer-controller, ${gatewayApiCharts.join(', ')}.`,
    );
  }
  const version = properties['Version'] === undefined ? undefined : String(properties['Version']);
  eks.charts.push({ cluster: cluster.options.name, region: request.region, chart, version, release, namespace });
  return { ref: `${cluster.options.name}/${release}`, attributes: {} };
}

function startController(eks: Eks, world: World, cluster: Cluster, namespace: string, values: ControllerValues): void {
  const clusterName = cluster.options.name;
  if (values.clusterName !== clusterName) {
    throw new RangeError(
      `aws-load-balancer-controller: clusterName is '${values.clusterName ?? ''}'; the cluster is ${clusterName}. The controller finds nothing under another name.`,
    );
  }
  const serviceAccount = values.serviceAccount?.name ?? 'aws-load-balancer-controller';
  const roleArn = eks.identityOf(cluster, namespace, serviceAccount);
  if (!roleArn) {
    throw new Unmodelled(
      `aws-load-balancer-controller runs as ${namespace}/${serviceAccount}, which has no AWS::EKS::PodIdentityAssociation; other ways to a role are not modelled.`,
    );
  }
  const vpcId = values.vpcId ?? cluster.options.vpcId;
  if (vpcId !== cluster.options.vpcId)
    throw new RangeError(
      `aws-load-balancer-controller: vpcId is ${vpcId}; the cluster stands in ${cluster.options.vpcId}.`,
    );
  const gatewayApi = cluster.store.get('CustomResourceDefinition', undefined, 'gateways.gateway.networking.k8s.io');
  // Without the Gateway API's definitions at its start, the controller leaves Gateways alone.
  if (!gatewayApi || values.controllerConfig?.featureGates?.ALBGatewayAPI === false) return;
  const balancing = world.account.service<SimulatedService & LoadBalancerService & TargetRegistry>(
    'elasticloadbalancing',
  );
  const principal = { kind: 'role', roleArn, sessionName: `eks-${clusterName}-load-balancer-controller` } as const;
  cluster.startLoadBalancerController({
    loadBalancing: balancing.controllerOf({
      region: values.region ?? cluster.options.region,
      vpcId: vpcId ?? '',
      principal,
    }),
    targets: balancing,
  });
}

/** `HelmChart` of aws-eks-v2. */
export function chartProvider(eks: Eks, world: World): ResourceProvider {
  return {
    type: 'Custom::AWSCDK-EKS-HelmChart',
    modelled: ['ClusterName', 'Release', 'Chart', 'Version', 'Namespace', 'Repository', 'Values'],
    inert: {
      ServiceToken: 'the handler is kubectl and helm in Python; its effect on the cluster is modelled here',
      RoleArn: 'the handler acts as administrator of the cluster',
      Wait: 'charts are up when their resource is made',
      Timeout: 'charts are up when their resource is made',
      CreateNamespace: 'namespaces are made by what is installed',
      SkipCrds: 'only charts without definitions of ours use it',
      Atomic: 'an installation that fails ends the deployment',
    },
    create: (request) => installChart(eks, world, request),
  };
}
