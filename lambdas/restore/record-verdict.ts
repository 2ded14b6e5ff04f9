import { AwsRefused, AwsUnavailable } from '../../domain/errors.ts';
import type { RecoverySet } from '../../domain/recovery-set.ts';
import { medianOf, restoreMetrics, type StepTimes, secondsByStep } from '../../domain/restores.ts';
import type { RecordVerdictInput, RecordVerdictOutput, TestResult } from '../../domain/workflows/restore-test.ts';
import type { Notifications } from '../ports/aws.ts';
import type { Measurements } from '../ports/restored-databases.ts';
import { type RestorePorts, withoutUse } from './ports.ts';

export interface RecordVerdictPorts extends RestorePorts {
  readonly notifications: Notifications;
  readonly measurements: Measurements;
}

const failuresMax = 100;
const linesMax = 20;
/** Tests before this one that its seconds are compared with. */
const testsCompared = 8;

/**
 * Marks the set proven, or leaves the one that was proven before as it is and tells everybody; ends the use; writes the seconds by step.
 * Delivered again, it marks once and tells twice. Throws AwsUnavailable, AwsRefused.
 */
export async function recordVerdict(
  input: RecordVerdictInput,
  ports: RecordVerdictPorts,
): Promise<RecordVerdictOutput> {
  const { setId, results, execution } = input;
  const { region } = ports;
  const failures = failuresOf(input);
  const verdict = failures.length === 0 ? 'proven' : 'failed';
  const seconds = secondsByStep(results.flatMap(timesOf));
  const before = await secondsBefore(execution.arn, ports);
  const remarks = await write(input, verdict === 'proven' ? seconds : undefined, ports);
  const compared = results.flatMap(({ compared: each }) => each ?? []);
  const sum = (of: (each: (typeof compared)[number]) => number) => compared.reduce((all, each) => all + of(each), 0);
  const output = {
    verdict,
    setId,
    region,
    failures: failures.slice(0, failuresMax),
    seconds,
    tablesCompared: sum(({ tablesCompared }) => tablesCompared),
    rowsCompared: sum(({ rowsCompared }) => rowsCompared),
    leftBehind: input.leftBehind,
  } as const;
  const unbounded = sum(({ tablesUnbounded }) => tablesUnbounded);
  const reason =
    verdict === 'proven'
      ? `${setId} is proven: ${output.tablesCompared} tables and ${output.rowsCompared} rows compared, ${unbounded} tables only known to exist.`
      : `${failures.length} failures; first: ${lineOf(failures[0])}`;
  await measure(output.verdict, seconds, ports);
  await tell({ ...output, reason }, failures.length, [...trend(seconds, before, ports), ...remarks], input, ports);
  return { ...output, reason };
}

type MemberFailure = RecordVerdictOutput['failures'][number];

/** What each database and volume came out with; one without a result has failed as well. */
function failuresOf({ databases, volumes, results, failure }: RecordVerdictInput): readonly MemberFailure[] {
  const ofRun = failure
    ? [
        {
          member: '',
          kind: 'restore',
          table: '',
          expected: 'a run to its end',
          found: `${failure.error}: ${failure.reason}`,
        } as const,
      ]
    : [];
  const ofMembers = results.flatMap(({ member, failure: own, compared }) =>
    [...(own ? [own] : []), ...(compared?.failures ?? [])].map((each) => ({ member, ...each })),
  );
  const missing = [...databases, ...volumes].filter((name) => !results.some(({ member }) => member === name));
  const without = missing.map(
    (member): MemberFailure => ({ member, kind: 'restore', table: '', expected: 'a result', found: 'none' }),
  );
  // A verdict needs data that were compared.
  const nothing = results.some(({ compared }) => (compared?.tablesCompared ?? 0) > 0)
    ? []
    : [{ member: '', kind: 'nothing-compared', table: '', expected: 'at least one table', found: 'none' } as const];
  const all = [...ofRun, ...ofMembers, ...without];
  return all.length > 0 ? all : nothing;
}

function timesOf({ startedAt, availableAt, warmAt, comparedAt }: TestResult): StepTimes[] {
  if (startedAt === null) return [];
  const defined = { availableAt: availableAt ?? undefined, warmAt: warmAt ?? undefined };
  return [{ startedAt, ...defined, comparedAt: comparedAt ?? undefined }];
}

/** Of the tests of this region before this one, the newest last. */
async function secondsBefore(mine: string, { records, region }: RecordVerdictPorts): Promise<readonly number[]> {
  const entries = await records.entries(region);
  return entries
    .flatMap(({ proven }) => proven)
    .filter((proof) => proof.region === region && proof.execution !== mine)
    .sort((a, b) => (a.at < b.at ? -1 : 1))
    .slice(-testsCompared)
    .flatMap(({ seconds }) => seconds?.['total'] ?? []);
}

/** In both regions: a set that was restored in one is whole in the other, which holds copies of the same snapshots. */
async function write(
  { setId, execution, recordedAt }: RecordVerdictInput,
  seconds: Partial<Record<string, number>> | undefined,
  { records, region, settings }: RecordVerdictPorts,
): Promise<readonly string[]> {
  if (setId === '') return [];
  const measured = Object.fromEntries(Object.entries(seconds ?? {}).map(([step, each]) => [step, each ?? 0]));
  const changed = (record: RecoverySet): RecoverySet | undefined => {
    const freed = withoutUse(record, execution.arn);
    const known = record.proven.some((proof) => proof.execution === execution.arn);
    if (seconds === undefined || known) return freed;
    const proof = { at: recordedAt, region, execution: execution.arn, seconds: measured };
    return { ...(freed ?? record), proven: [...record.proven, proof] };
  };
  await records.change(region, setId, changed);
  const remarks: string[] = [];
  for (const other of settings.regions.filter((each) => each !== region)) {
    if (seconds === undefined) continue;
    try {
      await records.change(other, setId, changed);
    } catch (error) {
      // A region that is lost must not keep the other's proof from being known.
      if (!(error instanceof AwsUnavailable) && !(error instanceof AwsRefused)) throw error;
      remarks.push(`The table of ${other} does not know of it: ${error.message}`);
    }
  }
  return remarks;
}

function trend(
  { total }: Partial<Record<string, number>>,
  before: readonly number[],
  { settings }: RecordVerdictPorts,
): readonly string[] {
  if (total === undefined) return [];
  const share = Math.round((100 * total) / settings.recoveryTimeSeconds);
  const usual = medianOf(before);
  const compared =
    usual === undefined ? 'It is the first one.' : `The last ${before.length} took ${usual} s in the middle.`;
  return [`From the begin to the end of the comparison ${total} s: ${share} % of the recovery time. ${compared}`];
}

async function measure(
  verdict: 'proven' | 'failed',
  seconds: Partial<Record<string, number>>,
  { environment, measurements, settings }: RecordVerdictPorts,
): Promise<void> {
  const dimensions = { Environment: environment };
  const { total } = seconds;
  await measurements.put(restoreMetrics.namespace, [
    { metric: restoreMetrics.failed, dimensions, value: verdict === 'failed' ? 1 : 0, unit: 'Count' },
    ...Object.entries(seconds).map(([step, value = 0]) => ({
      metric: restoreMetrics.seconds,
      dimensions: { ...dimensions, Step: step },
      value,
      unit: 'Seconds' as const,
    })),
    ...(total === undefined
      ? []
      : [
          {
            metric: restoreMetrics.share,
            dimensions,
            value: (100 * total) / settings.recoveryTimeSeconds,
            unit: 'Percent' as const,
          },
        ]),
  ]);
}

async function tell(
  output: RecordVerdictOutput,
  failures: number,
  remarks: readonly string[],
  { execution }: RecordVerdictInput,
  { environment, notifications }: RecordVerdictPorts,
): Promise<void> {
  const { verdict, setId, region, seconds, leftBehind } = output;
  const lines = [
    `Restore test of ${setId || 'no set'} in ${region}: ${verdict}.`,
    output.reason,
    `Seconds by step: ${
      Object.entries(seconds)
        .map(([step, each]) => `${step} ${each}`)
        .join(', ') || 'none'
    }.`,
    ...remarks,
    ...output.failures.slice(0, linesMax).map(lineOf),
    ...(failures > linesMax ? [`… and ${failures - linesMax} more.`] : []),
    ...(leftBehind.length > 0 ? [`Still there, for the sweeper: ${leftBehind.join(', ')}.`] : []),
    ...(verdict === 'failed'
      ? ['The set that was proven last stays so. See docs/runbook.md#restore-test-failed.']
      : []),
    `Execution: ${execution.arn}`,
  ];
  const severity = verdict === 'failed' ? 'critical' : leftBehind.length > 0 ? 'warning' : 'information';
  await notifications.publish(severity, `${environment}: restore test ${verdict}`, lines.join('\n'));
}

function lineOf(failure: MemberFailure | undefined): string {
  if (!failure) return 'none';
  const { member, kind, table, expected, found } = failure;
  return `${[member, table].filter((part) => part !== '').join(', ') || 'the run'}: ${kind}, expected ${expected}, found ${found}`;
}
