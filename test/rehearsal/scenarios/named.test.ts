import { describe, expect, it } from 'vitest';
import { faultCatalogue } from '../../../rehearsal/faults/catalogue.ts';
import { GrantLedger } from '../../../rehearsal/iam/index.ts';
import { namedFaults, namedReleases, namedReviews, namedSabotage } from '../../../rehearsal/scenarios/named.ts';
import { escalatedOnce, rehearsedOnce as rehearsed, reviewed } from './rehearsed.ts';

describe('a release', () => {
  it.each(namedReleases)('$name of $service ends $outcome', async (scenario) => {
    const { result } = await rehearsed(scenario);
    expect(result.checkers.violated).toEqual([]);
    expect(result.outcome).toBe(scenario.outcome);
    expect(result.reason).toContain(scenario.because);
    const last = result.weights.at(-1)?.canaryPercent;
    expect(last).toBe(scenario.outcome === 'promoted' ? 100 : 0);
  });

  it('passes through the weights of the definition, in order', async () => {
    const { result } = await rehearsed({ service: 'aeon-dt-api', release: 'healthy', faults: [], seed: 1 });
    expect(result.weights.map(({ canaryPercent }) => canaryPercent)).toEqual([0, 10, 25, 50, 100]);
    const [, ten, quarter, half, whole] = result.weights.map(({ atSeconds }) => atSeconds);
    for (const [from, to] of [
      [ten, quarter],
      [quarter, half],
      [half, whole],
    ]) {
      expect(Number(to) - Number(from)).toBeGreaterThanOrEqual(600);
      expect(Number(to) - Number(from)).toBeLessThan(680);
    }
  });

  it('that is sound rings no alarm: those of what was left out are left out too', async () => {
    const { log } = await rehearsed({ service: 'aeon-dt-api', release: 'healthy', faults: [], seed: 1 });
    const [started] = log.events.filter(({ kind }) => kind === 'run.started');
    expect(started?.['leftOut']).toMatchObject({
      stacks: expect.arrayContaining(['AeonFailover', 'AeonBackups']),
      alarms: expect.arrayContaining(['mainstay-aeon-guard-primary-missed', 'mainstay-aeon-watch-backups-missed']),
    });
    expect(log.events.filter(({ kind, to }) => kind === 'alarm.changed' && to === 'ALARM')).toEqual([]);
  });

  it('takes the traffic back within seconds of its alarm', async () => {
    const { result } = await rehearsed({ service: 'aeon-dt-api', release: 'errors=20%', faults: [], seed: 2 });
    expect(result.alarmToStableSeconds).toBeGreaterThan(0);
    expect(result.alarmToStableSeconds).toBeLessThanOrEqual(10);
  });
});

describe('a promise that is broken on purpose', () => {
  it.each(namedSabotage)('$name turns its checker red, and the run says how to replay it', async (scenario) => {
    const { result, command } = await rehearsed(scenario);
    expect([...new Set(result.checkers.violated.map(({ checker }) => checker))]).toEqual(scenario.breaks);
    expect(result.outcome).toBe(scenario.outcome);
    expect(command).toContain(`--fault ${scenario.name} --seed ${scenario.seed}`);
  });
});

describe('a promotion under a fault', () => {
  it.each(namedFaults)('$name ends $outcome and keeps every promise', async (scenario) => {
    const { result } = await rehearsed(scenario);
    expect(result.checkers.violated).toEqual([]);
    expect(result.outcome).toBe(scenario.outcome);
    expect(result.reason).toContain(scenario.because);
  });

  it('is rehearsed for every fault of the catalogue', () => {
    const rehearsedFaults = [...namedFaults, ...namedSabotage].flatMap(({ faults }) => faults);
    expect(faultCatalogue.map(({ name }) => name).toSorted()).toEqual([...new Set(rehearsedFaults)].toSorted());
  });

  it.each([
    ['approval-twice', 'ApprovalAlreadyAnswered'],
    ['approval-late', 'ApprovalExpired'],
  ])('%s: the answer that came is refused as %s', async (fault, error) => {
    const { log } = await rehearsed({ service: 'aeon-dt-api', release: 'healthy', faults: [fault], seed: 1 });
    const answers = log.events.filter(
      ({ kind, workflow }) => kind === 'execution.ended' && String(workflow).endsWith('approval-answer'),
    );
    expect(answers.at(-1)).toMatchObject({ status: 'FAILED', error });
  });

  it('changes nothing where it is refused', async () => {
    const { log, result } = await rehearsed({
      service: 'aeon-dt-api',
      release: 'healthy',
      faults: ['image-critical'],
      seed: 1,
    });
    const began = log.events.findIndex(({ kind }) => kind === 'scenario.began');
    const changed = log.events
      .slice(began)
      .filter(({ kind }) => ['route.changed', 'workload.changed', 'pod.changed'].includes(kind));
    expect(changed).toEqual([]);
    expect(result.weights).toEqual([{ atSeconds: 0, canaryPercent: 0 }]);
  });
});

describe('a critical alarm that nobody answers for', () => {
  it('is told to the second contact of its own region, whatever was answered for its last firing', async () => {
    const { rung, endings, log } = await escalatedOnce();
    const alarms = ['mainstay-aeon-undelivered-escalations', 'mainstay/aeon/aeon-dt-worker/all/errors'];
    expect(rung).toEqual(
      ['us-east-1', 'us-west-2'].flatMap((region) =>
        alarms.map((alarm) => ({ region, alarm, oldAnswerStands: false })),
      ),
    );
    expect(endings).toEqual(alarms.flatMap((alarm) => [`${alarm} escalated`, `${alarm} escalated`]));
    expect(log.events.filter(({ kind }) => kind === 'iam.denied')).toEqual([]);
  });
});

/**
 * Rights that no rehearsal can use, each with its reason. Everything else that a policy grants has to be needed by some named
 * scenario, or it is granted for nothing.
 */
const usedOutsideRehearsals: readonly { readonly origin: RegExp; readonly grant: RegExp; readonly reason: string }[] = [
  {
    origin: /LoadBalancerControllerRole/,
    grant: /./,
    reason: 'the controller itself is simulated: of its calls, only what it creates is judged',
  },
  {
    origin: /KubectlProvider/,
    grant: /./,
    reason: "CDK's own Helm handler is Python; its effect is modelled, it does not run",
  },
  {
    origin: /EbsCsiDriverRole/,
    grant: /^kms:/,
    reason: "EKS's own add-on makes the volumes: its effect is modelled, it does not run",
  },
  {
    origin: /IdentityRole/,
    grant: /^xray:Put/,
    reason: 'traces are sent by the services themselves, of which the rehearsal knows requests and load alone',
  },
  {
    origin: /AnswerApprovalRole/,
    grant: /^states:SendTaskSuccess .*-(region-failover|region-failback|restore)$/,
    reason:
      'a restore, a failover and a failback are approved in restore.test.ts, failover.test.ts and failback.test.ts',
  },
  { origin: /FlowLog/, grant: /^logs:/, reason: 'VPC flow logs have no traffic to log' },
  {
    origin: /./,
    grant: /^ssm:GetParametersByPath .*\/services\/\*$/,
    reason:
      'AWS does not say whether it asks for the path or for what is below it: both are granted, one is asked for here',
  },
  {
    origin: /RequestApprovalRole/,
    grant: /^(dynamodb:GetItem|states:SendTaskSuccess) /,
    reason: 'for a question that is delivered again, after it was answered (test/lambdas/approval.test.ts)',
  },
  {
    origin: /StopPromotionRole/,
    grant: /^states:StopExecution .*canary-rollback/,
    reason: 'only a rollback that has died is taken over; this is for the moment in which it has not quite died',
  },
];

/**
 * Rotations use theirs in rotation.test.ts; the standby's rotate after a failover alone. Failovers have failover-rights.test.ts. Those of backups and
 * restores are used in their own scenarios, and nothing counts yet which of them no scenario needs.
 */
const checkedElsewhere =
  /^Aeon(Standby)?(Rotation|Backups|Restore|Failover)\/|^Aeon(Witness|Traffic)\/|^AeonStandby\/(Claim|Release|Answer)\w*Role|^AeonStandby\/ApprovalAnswerRole/;

describe('every right that a policy grants', () => {
  it('is used by some named scenario', async () => {
    const ledger = new GrantLedger();
    // One seed: the names of roles, and so the ledgers' keys, come from it.
    const needed = [...namedReleases, ...namedFaults, ...namedSabotage].filter(({ seed }) => seed === 1);
    for (const scenario of [...needed, ...sameRole]) ledger.merge((await rehearsed(scenario)).grants);
    const reviews = namedReviews.filter(({ breaks }) => breaks.length === 0);
    for (const review of reviews) ledger.merge((await reviewed(review)).grants);
    ledger.merge((await escalatedOnce()).grants);
    const unused = ledger
      .unused()
      .filter(({ origin }) => !checkedElsewhere.test(`${origin.stack}/${origin.logicalId}`))
      .filter(
        ({ origin, action, resource }) =>
          !usedOutsideRehearsals.some(
            (known) => known.origin.test(origin.logicalId) && known.grant.test(`${action} ${resource}`),
          ),
      )
      .map(({ origin, action, resource }) => `${origin.stack}/${origin.logicalId} ${action} ${resource}`);
    expect(unused).toEqual([]);
  }, 240_000);
});

/** Needed for the repositories and the alarms of the other services. */
const sameRole = [{ service: 'aeon-dt-openspg', release: 'healthy', faults: [], seed: 1 }];
