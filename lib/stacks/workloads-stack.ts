import { CfnOutput } from 'aws-cdk-lib';
import { CfnAccessEntry } from 'aws-cdk-lib/aws-eks-v2';
import type { Construct } from 'constructs';
import { EncryptionKey } from '../constructs/encryption-key.ts';
import { KubernetesObjects } from '../constructs/kubernetes-objects.ts';
import { retentionOf } from '../constructs/retention.ts';
import { ServiceIdentity } from '../constructs/service-identity.ts';
import { functionLogGroups, TaskFunction } from '../constructs/task-function.ts';
import { taskEnvironment } from '../delivery/settings.ts';
import { type Environment, partOf, pascalCase, type Site } from '../environment.ts';
import { environmentObjects } from '../kubernetes/environment.ts';
import { loadBalancerName } from '../kubernetes/gateway.ts';
import { gitOpsObjects } from '../kubernetes/git-ops.ts';
import { type MountedValue, mountedValues } from '../kubernetes/secrets.ts';
import { serviceObjects } from '../kubernetes/service.ts';
import { storageObjects } from '../kubernetes/storage.ts';
import {
  backupAccess,
  type ClusterRights,
  deliveryAccess,
  failoverAccess,
  releasingAccess,
  rotationAccess,
  standbyAccess,
} from '../kubernetes/task-access.ts';
import type { ClusterAccess } from './cluster-stack.ts';
import { PlatformStack } from './platform-stack.ts';

/** Task of the function that applies Kubernetes objects. */
export const objectsTask = 'apply-objects';

export interface WorkloadsStackProps {
  readonly cluster: ClusterAccess;
  /** Of the key that the region's secrets are encrypted with. */
  readonly secretsKeyArn: string;
  readonly functions: ReadonlyMap<string, string>;
}

/** What runs in the cluster: one custom resource for what services share, and one a service. */
export class WorkloadsStack extends PlatformStack {
  constructor(scope: Construct, environment: Environment, site: Site, props: WorkloadsStackProps) {
    const { platform, name } = environment;
    super(scope, {
      environment,
      region: site.place.name,
      part: partOf(site, 'Workloads'),
      description: `${platform.title} (${environment.stage}): namespace, services and the way in, as Kubernetes objects`,
    });
    const provider = this.provider(environment, props);
    const shared = new KubernetesObjects(this, 'Environment', {
      provider,
      clusterName: props.cluster.name,
      objects: environmentObjects(platform, name, accessOf(environment, site)),
    });
    const storage = storageObjects({
      platform,
      environment: name,
      volumesKeyArn: props.cluster.volumesKeyArn,
      claims: site.role === 'primary',
    });
    if (storage.length > 0) {
      new KubernetesObjects(this, 'Storage', {
        provider,
        clusterName: props.cluster.name,
        objects: storage,
      }).node.addDependency(shared);
    }
    const registry = `${this.account}.dkr.ecr.${this.region}.amazonaws.com`;
    for (const service of platform.services) {
      const objects = new KubernetesObjects(this, pascalCase(service.name), {
        provider,
        clusterName: props.cluster.name,
        objects: serviceObjects({ platform, environment: name, place: site.place, service, registry }),
      });
      objects.node.addDependency(shared);
      const values = mountedValues(platform, name, service);
      if (values.length > 0) this.identity(service.name, values, props).node.addDependency(shared);
      if (service.route) this.describeEndpoint(service.name, service.route.hostnames, platform.gateway.protocol);
    }
    const { gitOps } = platform.cluster;
    if (gitOps) {
      const objects = gitOpsObjects({ gitOps, environment: name, clusterArn: props.cluster.arn });
      new KubernetesObjects(this, 'GitOps', { provider, clusterName: props.cluster.name, objects }).node.addDependency(
        shared,
      );
    }
    new CfnOutput(this, 'LoadBalancer', {
      value: `aws elbv2 describe-load-balancers --names ${loadBalancerName(name)} --region ${this.region} --query LoadBalancers[0].DNSName`,
      description: 'Where the hostnames have to point to',
    });
  }

  private identity(service: string, values: readonly MountedValue[], props: WorkloadsStackProps): ServiceIdentity {
    return new ServiceIdentity(this, `${pascalCase(service)}Identity`, {
      clusterName: props.cluster.name,
      namespace: this.environmentName,
      serviceAccount: service,
      values,
      secretsKeyArn: props.secretsKeyArn,
    });
  }

  private provider(environment: Environment, props: WorkloadsStackProps): TaskFunction {
    const encryptionKey = new EncryptionKey(this, 'Key', {
      alias: `mainstay/${environment.name}/workloads`,
      description: `Logs and settings of the function that applies Kubernetes objects in ${environment.name}`,
      logGroupNames: [functionLogGroups(environment.name)],
    });
    const bundle = props.functions.get(objectsTask);
    if (!bundle) throw new RangeError(`There is no handler lambdas/**/${objectsTask}.handler.ts to bundle.`);
    const provider = new TaskFunction(this, 'ApplyObjects', {
      task: objectsTask,
      environmentName: environment.name,
      description: 'Applies Kubernetes objects for CloudFormation',
      bundle,
      timeoutSeconds: 300,
      memoryMebibytes: 512,
      environment: taskEnvironment(['cluster'], environment, props.cluster),
      grants: [],
      encryptionKey,
      logRetention: retentionOf(environment.platform.cluster.logRetentionDays),
      network: { vpc: props.cluster.vpc, securityGroups: [props.cluster.functionSecurityGroup] },
    });
    const access = new CfnAccessEntry(this, 'ApplyObjectsAccess', {
      clusterName: props.cluster.name,
      principalArn: provider.role.roleArn,
      // It makes the namespace, a GatewayClass, and a Role that it must not exceed itself (RBAC refuses an escalation): the
      // rights on the namespace alone don't reach so far. https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
      accessPolicies: [
        {
          policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy',
          accessScope: { type: 'cluster' },
        },
      ],
    });
    provider.function.node.addDependency(access);
    return provider;
  }

  private describeEndpoint(service: string, hostnames: readonly string[], protocol: string): void {
    new CfnOutput(this, `${pascalCase(service)}Endpoint`, {
      value: hostnames.map((hostname) => `${protocol}://${hostname}`).join(' '),
      description: `${service}, once its hostname points to the load balancer and ACM has its certificate`,
    });
  }
}

/** Of the functions that act in this region's cluster. */
function accessOf({ platform }: Environment, { role }: Site): Readonly<Record<string, ClusterRights>> {
  const moving = platform.regions.standby ? failoverAccess : {};
  if (role === 'standby') return { ...standbyAccess, ...rotationAccess, ...backupAccess, ...moving };
  const releasing = platform.settings.releases === 'by-itself' ? releasingAccess : {};
  return { ...deliveryAccess, ...releasing, ...rotationAccess, ...backupAccess, ...moving };
}
