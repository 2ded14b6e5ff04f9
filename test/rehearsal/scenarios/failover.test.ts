import { describe, expect, it } from 'vitest';
import { assemblyOf } from '../../../bin/cli/assembly.ts';
import { platformNamed } from '../../../bin/cli/platforms.ts';
import { rehearseFailover, requireFailoverRequest } from '../../../rehearsal/scenarios/failover.ts';
import {
  type NamedFailover,
  namedFailoverRefusals,
  namedFailoverSabotage,
  namedFailovers,
} from '../../../rehearsal/scenarios/failover-named.ts';
import type { FailoverRun } from '../../../rehearsal/scenarios/failover-request.ts';
import { FailoverStory } from '../../../rehearsal/scenarios/failover-story.ts';
import { type KeptRight, unneededRights } from './rights.ts';

const platform = platformNamed('aeon');
const runs = new Map<string, Promise<FailoverRun>>();

/** A scenario that was rehearsed in this file before is not rehearsed again. */
function rehearsed({ outage, approve, faults, afterwards }: NamedFailover): Promise<FailoverRun> {
  const key = JSON.stringify([outage, approve, faults, afterwards]);
  const run = runs.get(key) ?? rehearsedAnew({ outage, approve, faults, ...(afterwards ? { afterwards } : {}) });
  runs.set(key, run);
  return run;
}

async function rehearsedAnew(
  scenario: Pick<NamedFailover, 'outage' | 'approve' | 'faults' | 'afterwards'>,
): Promise<FailoverRun> {
  const assemblyDirectory = await assemblyOf(platform, 'production', undefined);
  return rehearseFailover({ platform, ...scenario, seed: 1, assemblyDirectory });
}

const lost: NamedFailover = { name: 'lost', outage: 'region', approve: 'yes', faults: [], outcome: 'failed-over' };

describe('a platform whose region is lost', { timeout: 240_000 }, () => {
  it('moves within fifteen minutes, keeps what had arrived, and waits for nothing of its own', async () => {
    const { result } = await rehearsed(lost);
    expect(result.checkers.violated).toEqual([]);
    expect(result).toMatchObject({ outcome: 'failed-over', fencing: 'proven', callsToLostRegion: 0 });
    expect(result.rtoSeconds).toBeLessThanOrEqual(900);
    expect(result.rtoSeconds).toBeLessThanOrEqual(1.1 * Number(result.criticalPathSeconds));
    expect(result.rpoSeconds).toBeLessThanOrEqual(2);
    expect(result.acknowledgedWrites).toBeGreaterThan(400);
    const promote = result.steps.find(({ name }) => name === 'promote');
    expect(promote?.seconds).toBeGreaterThan(100);
  });

  it('is told line by line', async () => {
    const { log } = await rehearsed(lost);
    const began = log.events.findIndex(({ kind }) => kind === 'scenario.began');
    const story = new FailoverStory();
    const lines = log.events.slice(began).flatMap((event) => story.tell(event).map(({ text }) => text));
    for (const line of ['⚡ us-east-1 is lost', 'Fence the primary', 'Users are led to us-west-2']) {
      expect(lines).toContain(line);
    }
  });

  it('has the same log for the same seed', async () => {
    const [first, second] = [await rehearsed(lost), await rehearsedAnew(lost)];
    expect(second.log.toLines()).toBe(first.log.toLines());
  });
});

/**
 * Not rehearsed here yet: what is red for a reason in the workflow (the first backups after a failover lack the graph's volume; a failover that was stopped
 * can't be started again before its claim lapses), and what nobody has looked at so far. Each is played by `npx mainstay rehearse failover`.
 */
const notYet =
  /returns|break-pace|server-error|timeout|lost-answer|kubernetes|crash-before|deliver|guard-|started-twice|replica-(behind|gone)|promotion-|rotation-running|failover-running|another-platform|in-the-primary|standby-lost/;
const seen = ({ name }: NamedFailover): boolean => !notYet.test(name);

describe('a failover', { timeout: 240_000 }, () => {
  it.each(namedFailovers.filter(seen))('$name: $outcome, and every promise is kept', async (scenario) => {
    const { result } = await rehearsed(scenario);
    expect(result.checkers.violated).toEqual([]);
    expect(result.outcome).toBe(scenario.outcome);
    expect(result.reason).toContain(scenario.because ?? '');
    expect(result.staleStaysFenced).toBe(scenario.afterwards ? true : null);
  });

  it.each(namedFailoverRefusals.filter(seen))('is refused: $name', async (scenario) => {
    const { result } = await rehearsed(scenario);
    expect(result.checkers.violated).toEqual([]);
    expect(result.outcome).toBe(scenario.outcome);
    expect([result.reason, ...result.refusals].join(' ')).toContain(scenario.because);
  });

  it.each(namedFailoverSabotage.filter(seen))(
    'whose promise is broken turns a checker red: $name',
    async (scenario) => {
      const { result, command } = await rehearsed(scenario);
      expect([...new Set(result.checkers.violated.map(({ checker }) => checker))]).toEqual(scenario.breaks);
      expect(command).toContain(`--fault ${scenario.faults[0]} --seed 1`);
    },
  );
});

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
    right: /^ClaimPlatform.* dynamodb:(ConditionCheckItem|DeleteItem) /,
    reason: "for claims that the left region's work holds",
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
  { right: /^Tell\w*Failover.* sns:Publish .*-(information|warning)$/, reason: 'for other endings (test/lambdas)' },
];

describe('every right of a failover', { timeout: 480_000 }, () => {
  it('is needed where a region is lost or a database fails', async () => {
    const runs = await Promise.all([
      rehearsed(lost),
      rehearsed({ ...lost, outage: 'database', faults: ['not-noticed'] }),
    ]);
    const grants = runs.map((run) => run.grants);
    expect(unneededRights(grants, /^Aeon(Standby)?Failover$|^Aeon(Witness|Traffic)$/, neededElsewhere)).toEqual([]);
  });
});

describe('what is asked for', () => {
  it('is refused where there is no such fault', () => {
    expect(() => requireFailoverRequest({ platform, outage: 'region', faults: ['no-such'] })).toThrow(
      /There is no fault 'no-such' for a failover. Known: throttle/,
    );
    expect(requireFailoverRequest({ platform, outage: 'region', faults: [] })).toEqual({
      from: 'us-east-1',
      to: 'us-west-2',
      witness: 'eu-west-1',
    });
  });
});
