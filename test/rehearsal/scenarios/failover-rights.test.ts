import { describe, expect, it } from 'vitest';
import { assemblyOf } from '../../../bin/cli/assembly.ts';
import { rehearseFailback } from '../../../rehearsal/scenarios/failback.ts';
import type { NamedFailover } from '../../../rehearsal/scenarios/failover-named.ts';
import { rehearseReadiness } from '../../../rehearsal/scenarios/readiness.ts';
import { platform, rehearsed } from './failover-runs.ts';
import { type KeptRight, unneededRights } from './rights.ts';

const lost: NamedFailover = { name: 'lost', outage: 'region', approve: 'yes', faults: [], outcome: 'failed-over' };

/** Rights of failovers that the runs below do not need, each with its reason. */
const neededElsewhere: readonly KeptRight[] = [
  {
    right: /ssm:GetParametersByPath .*\/\*$/,
    reason: 'AWS does not say whether it asks for the path or for what is below it: both are granted',
  },
  {
    right: /^AskForFailover.* (dynamodb:GetItem|states:SendTaskSuccess) /,
    reason: 'for a question that is delivered again, after it was answered (test/lambdas/approval.test.ts)',
  },
  { right: /^BeginFailover.* dynamodb:GetItem .*-leases$/, reason: 'to resume a failover that was stopped halfway' },
  {
    right: /^ClaimPlatform.* (dynamodb:(ConditionCheckItem|DeleteItem)|states:DescribeExecution) /,
    reason: "for claims that the left region's work holds, or a failover that was stopped",
  },
  {
    right: /^EnterReign.* dynamodb:GetItem .*-interlock$/,
    reason: 'for a reign that was entered before, by a delivery that is repeated',
  },
  {
    right: /^FencePrimary.* dynamodb:(GetItem|PutItem) /,
    reason: 'for a place that has no record of the lease, or one of a later reign',
  },
  {
    right: /^GuardPrimary.* dynamodb:PutItem .*-interlock$/,
    reason: 'for a region that returns and learns of the reign after its own',
  },
  {
    right: /^MeasureLoss.* (rds:DescribeDBInstances|dynamodb:\w+) |^RegionFailover.*-restore-newest-set$/,
    reason: 'for a database that has no replica any more (replica-gone)',
  },
  {
    right: /^RegionFailover.*-open-lease$/,
    reason: 'for a failover that ends after it has fenced (test/step-functions)',
  },
  {
    right: /^ScaleCompute.* eks:UpdateNodegroupConfig /,
    reason: 'a group whose minimum is what serves stays as it is',
  },
  {
    right: /^(AssessFailover|WatchPrimary).* kms:Decrypt .*:key\/\*$/,
    reason: 'the witness is asked in a partition alone (failover-named.ts)',
  },
  {
    right: /^LookAtReadiness.* iam:SimulatePrincipalPolicy .*role\/AeonFailover-/,
    reason: "in the definition's primary, which looks when the other region reigns",
  },
  { right: /^LookAtReadiness.* sns:Publish .*-warning$/, reason: 'for findings (readiness.test.ts)' },
  { right: /^RegionFailback.*-let-in-again$/, reason: 'for a switch that is taken back (failback.test.ts)' },
  {
    right: /^ShareSecrets.* kms:(Encrypt|GenerateDataKey) /,
    reason: 'AWS may encrypt the copy with the rights of who asks for it; in a rehearsal the service does it by itself',
  },
  {
    right: /^Tell\w*Fail(over|back).* sns:Publish .*-(information|warning)$/,
    reason: 'for other endings (test/lambdas)',
  },
];

describe('every right of a failover', { timeout: 480_000 }, () => {
  it('is needed where a region is lost, a database fails, a platform goes back, or somebody looks at the readiness', async () => {
    const assemblyDirectory = await assemblyOf(platform, 'production', undefined);
    const grants = [
      (await rehearsed(lost)).grants,
      (await rehearsed({ ...lost, outage: 'database', faults: ['not-noticed'] })).grants,
      (await rehearseFailback({ platform, approve: 'yes', faults: [], seed: 1, assemblyDirectory, afterwards: true }))
        .grants,
      (await rehearseReadiness({ platform, faults: [], seed: 1, assemblyDirectory })).grants,
    ];
    expect(unneededRights(grants, /^Aeon(Standby)?Failover$|^Aeon(Witness|Traffic)$/, neededElsewhere)).toEqual([]);
  });
});
