import { Stack } from 'aws-cdk-lib';
import { CfnPodIdentityAssociation } from 'aws-cdk-lib/aws-eks-v2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { MountedValue } from '../kubernetes/secrets.ts';
import { acknowledgeWildcards, type Grant, policiesOf } from './grant.ts';
import { allowSessionTags } from './load-balancer-controller.ts';

export interface ServiceIdentityProps {
  readonly clusterName: string;
  readonly namespace: string;
  /** Of the service, by its name. */
  readonly serviceAccount: string;
  readonly values: readonly MountedValue[];
  /** Of the region's own key of secrets. */
  readonly secretsKeyArn: string;
}

/** https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSXrayWriteOnlyAccess.html, without the sampling rules that our SDK settings do not ask for. */
const traces: readonly Grant[] = [
  { actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], resources: ['*'], because: 'noResourceLevel' },
];

/** What a service's pods may do at AWS: read the secrets and parameters that are mounted into them, and send traces. */
export class ServiceIdentity extends Construct {
  constructor(scope: Construct, id: string, props: ServiceIdentityProps) {
    super(scope, id);
    const grants = { Read: this.grants(props), Trace: traces };
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('pods.eks.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
      description: `Pods of ${props.serviceAccount} in ${props.namespace}`,
      inlinePolicies: policiesOf(grants),
    });
    allowSessionTags(role);
    acknowledgeWildcards(role, grants);
    new CfnPodIdentityAssociation(this, 'Association', {
      clusterName: props.clusterName,
      namespace: props.namespace,
      serviceAccount: props.serviceAccount,
      roleArn: role.roleArn,
    });
  }

  private grants({ values, secretsKeyArn }: ServiceIdentityProps): Grant[] {
    const { region, account } = Stack.of(this);
    const named = (type: MountedValue['objectType']) =>
      values.filter(({ objectType }) => objectType === type).map(({ objectName }) => objectName);
    const secrets = named('secretsmanager');
    const parameters = named('ssmparameter');
    return [
      ...(secrets.length === 0
        ? []
        : [
            {
              // The driver's provider asks DescribeSecret only where it looks for rotated values, which ours does not (`enableSecretRotation`).
              // https://github.com/aws/secrets-store-csi-driver-provider-aws, secrets_manager_provider.go, isCurrent
              actions: ['secretsmanager:GetSecretValue'],
              // The six characters that Secrets Manager adds differ between a secret and its copy in another region.
              // https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples.html
              resources: secrets.map((name) => `arn:aws:secretsmanager:${region}:${account}:secret:${name}-??????`),
            },
            {
              actions: ['kms:Decrypt'],
              resources: [secretsKeyArn],
              conditions: { StringEquals: { 'kms:ViaService': `secretsmanager.${region}.amazonaws.com` } },
            },
          ]),
      ...(parameters.length === 0
        ? []
        : [
            {
              actions: ['ssm:GetParameters'],
              resources: parameters.map((name) => `arn:aws:ssm:${region}:${account}:parameter${name}`),
            },
          ]),
    ];
  }
}
