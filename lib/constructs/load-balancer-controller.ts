import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnPodIdentityAssociation, HelmChart, type ICluster } from 'aws-cdk-lib/aws-eks-v2';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledgeWildcards, policiesOf } from './grant.ts';
import { loadBalancerControllerGrants } from './load-balancer-controller-policy.ts';

/*
 * Versions. The controller 3.5.0 is built for Gateway API 1.6 and its chart brings the CRDs of its own group
 * (gateway.k8s.aws/v1), but not those of the Gateway API (docs/guide/gateway/gateway.md of the controller). The Kubernetes
 * project publishes the latter as a manifest only; the chart named here packs that manifest (its appVersion v1.6.1).
 * Unverified: neither chart was installed on a cluster by us.
 */
const controllerChart = {
  repository: 'https://aws.github.io/eks-charts',
  chart: 'aws-load-balancer-controller',
  version: '3.5.0',
};
const gatewayApiChart = { repository: 'https://charts.christianhuth.de', chart: 'gateway-api-crds', version: '1.2.3' };

/**
 * The chart's own choice, public.ecr.aws, is one registry for the world, held in us-east-1: a controller that has to start on a new node while
 * that region is lost would find no image. AWS keeps the same images in a registry of each region, below these accounts.
 * https://docs.aws.amazon.com/eks/latest/userguide/add-ons-images.html
 */
const registryAccount = '602401143452';
const registryAccounts: Readonly<Record<string, string>> = {
  'af-south-1': '877085696533',
  'ap-east-1': '800184023465',
  'ap-southeast-3': '296578399912',
  'eu-south-1': '590381155156',
  'me-central-1': '759879836304',
  'me-south-1': '558608220178',
};

function imageRepository(region: string): string {
  const account = registryAccounts[region] ?? registryAccount;
  return `${account}.dkr.ecr.${region}.amazonaws.com/amazon/aws-load-balancer-controller`;
}

const namespace = 'kube-system';
const serviceAccount = 'aws-load-balancer-controller';

export interface LoadBalancerControllerProps {
  readonly cluster: ICluster;
  readonly clusterName: string;
  readonly vpcId: string;
  /** Node group without taints that the controller runs on. */
  readonly nodeGroup: string;
}

/** The AWS Load Balancer Controller with the Gateway API: it turns our Gateway and routes into a load balancer. */
export class LoadBalancerController extends Construct {
  constructor(scope: Construct, id: string, props: LoadBalancerControllerProps) {
    super(scope, id);
    const { region, account } = Stack.of(this);
    const gatewayApi = new HelmChart(this, 'GatewayApi', {
      cluster: props.cluster,
      ...gatewayApiChart,
      release: 'gateway-api',
      namespace,
      // Without the CRDs every Gateway and route would be gone, so they outlive the release.
      values: { standard: { enabled: true }, global: { resourcePolicy: { keep: true } } },
      removalPolicy: RemovalPolicy.RETAIN,
      timeout: Duration.minutes(5),
    });
    const association = new CfnPodIdentityAssociation(this, 'Identity', {
      clusterName: props.cluster.clusterName,
      namespace,
      serviceAccount,
      roleArn: this.controllerRole({ region, account, clusterName: props.clusterName }).roleArn,
    });
    const controller = new HelmChart(this, 'Chart', {
      cluster: props.cluster,
      ...controllerChart,
      release: 'aws-load-balancer-controller',
      namespace,
      wait: true,
      timeout: Duration.minutes(10),
      values: {
        clusterName: props.clusterName,
        region,
        vpcId: props.vpcId,
        image: { repository: imageRepository(region) },
        serviceAccount: { name: serviceAccount },
        // Named in full, so that the controller does not guess from the CRDs that it finds.
        controllerConfig: { featureGates: { ALBGatewayAPI: true, NLBGatewayAPI: false, GatewayListenerSet: false } },
        nodeSelector: { 'eks.amazonaws.com/nodegroup': props.nodeGroup },
        defaultTargetType: 'ip',
        enableShield: false,
        enableWaf: false,
        enableWafv2: false,
        // Services of ours are ClusterIP; none asks for a load balancer of its own.
        enableServiceMutatorWebhook: false,
        podDisruptionBudget: { maxUnavailable: 1 },
      },
    });
    controller.node.addDependency(gatewayApi, association);
  }

  private controllerRole(place: { region: string; account: string; clusterName: string }): Role {
    const grants = { LoadBalancing: loadBalancerControllerGrants(place) };
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('pods.eks.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': place.account } },
      }),
      description: `AWS Load Balancer Controller of ${place.clusterName}`,
      inlinePolicies: policiesOf(grants),
    });
    allowSessionTags(role);
    acknowledgeWildcards(role, grants);
    return role;
  }
}

/** EKS Pod Identity assumes a role with tags. https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html */
export function allowSessionTags(role: Role): void {
  role.assumeRolePolicy?.addStatements(
    new PolicyStatement({
      principals: [new ServicePrincipal('pods.eks.amazonaws.com')],
      actions: ['sts:TagSession'],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(role).account } },
    }),
  );
}
