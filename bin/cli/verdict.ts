import type { CanaryRun } from '../../rehearsal/scenarios/canary.ts';
import type { CanaryResult, Outcome } from '../../rehearsal/scenarios/result.ts';
import { styled, type Terminal } from './terminal.ts';
import { duration } from './timeline.ts';

const outcomeStyles: Readonly<Record<Outcome, 'green' | 'yellow' | 'red'>> = {
  promoted: 'green',
  'rolled-back': 'yellow',
  inconclusive: 'yellow',
  refused: 'yellow',
  failed: 'red',
};

/** The closing lines of a run: what became of the release, which promises held, and how to see it again. */
export function verdictOf(result: CanaryResult, run: CanaryRun, terminal: Pick<Terminal, 'color'>): string {
  const paint = (style: Parameters<typeof styled>[1], text: string) => styled(terminal, style, text);
  const { held, violated } = result.checkers;
  const lines = [
    '',
    `  ${paint(outcomeStyles[result.outcome], paint('bold', result.outcome.toUpperCase()))}  ${result.reason}`,
    '',
    `  ${duration(result.virtualSeconds)} of virtual time in ${result.wallSeconds.toFixed(1)} s · ${run.log.events.length} events · ` +
      `${run.callsAnswered} AWS and Kubernetes calls · ${run.transitions} state transitions`,
    `  ${count(result.requests.total)} requests, ${count(result.requests.failed)} failed, ` +
      `${count(result.requests.failedByRelease)} of them by the new release`,
  ];
  if (result.alarmToStableSeconds !== null) {
    lines.push(`  from the alarm to all traffic on stable: ${result.alarmToStableSeconds.toFixed(1)} s (limit 60 s)`);
  }
  lines.push('');
  for (const name of held) lines.push(`  ${paint('green', '✔')} ${name}`);
  for (const { checker, detail } of violated) lines.push(`  ${paint('red', '✘')} ${paint('bold', checker)}: ${detail}`);
  lines.push('', paint('dim', `  log ${result.logSha256}`));
  if (violated.length > 0) lines.push(`  Replay: ${run.command}`);
  else lines.push(paint('dim', `  again: ${run.command}`));
  lines.push('');
  return lines.join('\n');
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
