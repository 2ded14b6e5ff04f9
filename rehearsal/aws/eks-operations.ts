import type { NodeGroupState, NodeGroups } from './eks-nodegroups.ts';
import { assertModelled } from './modelled.ts';
import type { AccountServices, AuthorisationRequest, CallContext, Operation, OperationInput } from './service.ts';

/** EKS's own operations; what happens within a cluster is said to its API server. */
export function nodeGroupOperations(groups: NodeGroups, account: AccountServices): Record<string, Operation> {
  const of = (input: OperationInput, { region }: CallContext): NodeGroupState =>
    groups.require(region, String(input['clusterName']), String(input['nodegroupName']));
  const on =
    (action: string) =>
    (input: OperationInput, context: CallContext): AuthorisationRequest[] => {
      const { region, account: owner } = context;
      const known = groups.all.find(
        ({ cluster, options }) =>
          cluster.options.region === region &&
          cluster.options.name === input['clusterName'] &&
          options.name === input['nodegroupName'],
      );
      const unknown = `arn:aws:eks:${region}:${owner}:nodegroup/${input['clusterName']}/${input['nodegroupName']}/unknown`;
      return [{ action: `eks:${action}`, resources: [known?.arn ?? unknown] }];
    };
  return {
    DescribeNodegroup: {
      inputs: ['clusterName', 'nodegroupName'],
      authorise: on('DescribeNodegroup'),
      run: (input, context) => ({ nodegroup: described(of(input, context)) }),
    },
    UpdateNodegroupConfig: {
      inputs: ['clusterName', 'nodegroupName', 'scalingConfig', 'clientRequestToken'],
      authorise: on('UpdateNodegroupConfig'),
      run: (input, context) => {
        const group = of(input, context);
        const asked = (input['scalingConfig'] ?? {}) as Record<string, number | undefined>;
        assertModelled(asked, ['minSize', 'maxSize', 'desiredSize'], 'scalingConfig');
        const { minimum, maximum, desired } = group.scaling;
        groups.scale(group, {
          minimum: asked['minSize'] ?? minimum,
          maximum: asked['maxSize'] ?? maximum,
          desired: asked['desiredSize'] ?? desired,
        });
        const params = Object.entries(asked).flatMap(([name, value]) =>
          value === undefined
            ? []
            : [{ type: `${name.charAt(0).toUpperCase()}${name.slice(1)}`, value: String(value) }],
        );
        const id = account.nextId('eks-update', 'uuid');
        const createdAt = new Date(account.kernel.now());
        return { update: { id, status: 'InProgress', type: 'ConfigUpdate', params, createdAt, errors: [] } };
      },
    },
  };
}

/** https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html */
function described(group: NodeGroupState): OperationInput {
  const { cluster, options, scaling, issue, arn, updating, instanceTypes, createdAt } = group;
  const effects = (effect: string): string => effect.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
  return {
    nodegroupName: options.name,
    nodegroupArn: arn,
    clusterName: cluster.options.name,
    createdAt: new Date(createdAt),
    status: updating ? 'UPDATING' : issue ? 'DEGRADED' : 'ACTIVE',
    capacityType: options.spot ? 'SPOT' : 'ON_DEMAND',
    scalingConfig: { minSize: scaling.minimum, maxSize: scaling.maximum, desiredSize: scaling.desired },
    instanceTypes: [...instanceTypes],
    labels: options.labels,
    taints: options.taints.map(({ effect, ...taint }) => ({ ...taint, effect: effects(effect) })),
    health: { issues: issue ? [{ ...issue, resourceIds: [`eks-${options.name}`] }] : [] },
    resources: { autoScalingGroups: [{ name: `eks-${options.name}` }] },
  };
}
