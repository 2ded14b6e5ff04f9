import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

interface Acknowledgement {
  /** Rule or finding, as the check prints it. */
  readonly ids: readonly string[];
  /** Why it is right here. */
  readonly reason: string;
}

/**
 * Every finding of a check that we accept, each with its reason. Attached to the smallest construct that has it, never to a
 * stack. A finding without an entry here fails the synth.
 */
export const acknowledgements = {
  endpointSecurityGroup: {
    ids: ['CdkNagValidationFailure'],
    reason: "The rule reads the allowed range, which is the VPC's own and known only to CloudFormation.",
  },
  replicaRepositories: {
    ids: ['AwsSolutions-IAM5'],
    reason: "ECR makes a replica for each of the platform's repositories: the wildcard ends the platform's own prefix.",
  },
  ownLogStreams: {
    ids: ['AwsSolutions-IAM5'],
    reason: "Log streams get their names at run time: the wildcard ends the function's own log group.",
  },
  networkInterfaces: {
    ids: ['AwsSolutions-IAM5'],
    reason:
      'Lambda asks for the network-interface actions on all resources before it takes a function in a VPC; a Deny takes them away from the code in it.',
  },
  workflowObservation: {
    ids: ['AwsSolutions-IAM5'],
    reason: 'Delivering logs and traces are actions without a resource to name.',
  },
  loadBalancerController: {
    ids: ['AwsSolutions-IAM5'],
    reason:
      "The controller names what it makes at run time: descriptions have no resource, and everything that changes something is limited to what carries this cluster's tag.",
  },
  addOnPolicy: {
    ids: ['AwsSolutions-IAM4'],
    reason: "AWS keeps the add-on's policy in step with the add-on, whose version EKS chooses.",
  },
  nodeRole: {
    ids: ['AwsSolutions-IAM4'],
    reason: 'What a node needs to join and to pull images; AWS keeps both policies in step with the AMI.',
  },
  clusterRole: {
    ids: ['AwsSolutions-IAM4'],
    reason: 'EKS asks for exactly this policy on the role of its control plane.',
  },
  helmProvider: {
    ids: ['AwsSolutions-IAM4', 'AwsSolutions-IAM5', 'AwsSolutions-L1'],
    reason: "The CDK's own provider of Helm charts: its functions, runtimes and rights are the CDK's to keep.",
  },
} as const satisfies Record<string, Acknowledgement>;

export type AcknowledgementName = keyof typeof acknowledgements;

/** Accepts a finding on a construct and what is below it. */
export function acknowledge(scope: IConstruct, name: AcknowledgementName): void {
  const { ids, reason } = acknowledgements[name];
  Validations.of(scope).acknowledge(...ids.map((id) => ({ id, reason })));
}
