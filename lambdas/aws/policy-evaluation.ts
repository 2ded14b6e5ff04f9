import { IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import type { PolicyEvaluation } from '../ports/readiness.ts';
import { calling, clientSettings } from './client.ts';

/**
 * IAM's simulation of a role's policies, its boundary and the organisation's rules; policies of resources take no part for roles. IAM has one endpoint for all
 * regions: nothing that a failover needs asks it. https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
 */
export function iamPolicyEvaluation(region: string): PolicyEvaluation {
  const client = new IAMClient(clientSettings(region));
  return {
    async denied(roleArn, { task, actions, resource, context = {} }) {
      const command = new SimulatePrincipalPolicyCommand({
        PolicySourceArn: roleArn,
        ActionNames: [...actions],
        ResourceArns: [resource],
        ContextEntries: Object.entries(context).map(([ContextKeyName, value]) => ({
          ContextKeyName,
          ContextKeyType: 'string',
          ContextKeyValues: [value],
        })),
      });
      const { EvaluationResults = [] } = await calling('iam:SimulatePrincipalPolicy', () => client.send(command));
      const decisions = new Map(
        EvaluationResults.map(({ EvalActionName, EvalDecision }) => [EvalActionName, EvalDecision]),
      );
      return actions.flatMap((action) => {
        const decision = decisions.get(action) ?? 'not answered';
        return decision === 'allowed' ? [] : [{ task, action, resource, decision }];
      });
    },
  };
}
