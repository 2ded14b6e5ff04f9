import type { CanaryRun } from '../../rehearsal/scenarios/canary.ts';
import type { CanaryResult, Outcome } from '../../rehearsal/scenarios/result.ts';
import { counted, effortLine, outcomeLine, promiseLines } from './rehearsing.ts';
import type { Terminal } from './terminal.ts';

const outcomeStyles: Readonly<Record<Outcome, 'green' | 'yellow' | 'red'>> = {
  promoted: 'green',
  'rolled-back': 'yellow',
  inconclusive: 'yellow',
  refused: 'yellow',
  failed: 'red',
};

/** The closing lines of a promotion: what became of the release, which promises held, and how to see it again. */
export function verdictOf(result: CanaryResult, run: CanaryRun, terminal: Terminal): string[] {
  const { requests, alarmToStableSeconds } = result;
  const calls = `${run.callsAnswered} AWS and Kubernetes calls`;
  return [
    '',
    outcomeLine(result.outcome, outcomeStyles[result.outcome], result.reason, terminal),
    '',
    effortLine(result, run.log, calls, `${run.transitions} state transitions`),
    `  ${counted(requests.total)} requests, ${counted(requests.failed)} failed, ${counted(requests.failedByRelease)} of them by the new release`,
    ...(alarmToStableSeconds === null
      ? []
      : [`  from the alarm to all traffic on stable: ${alarmToStableSeconds.toFixed(1)} s (limit 60 s)`]),
    ...promiseLines(result, run.command, terminal),
  ];
}
