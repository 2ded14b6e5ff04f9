import type { RehearsalEvent } from '../kernel/log.ts';

/** One line of what a person reads of many days. */
export interface BackupLine {
  readonly at: number;
  readonly text: string;
  readonly evidence?: string;
  readonly tone?: 'green' | 'yellow' | 'red' | 'bold' | 'dim';
}

const dayMilliseconds = 86_400_000;

interface Day {
  readonly number: number;
  complete: number;
  verified: number;
  failed: number;
  deleted: number;
  faults: number;
}

/** Turns the events of days into lines: one a day, and what is out of the ordinary when it happens. Knows the log, nothing else. */
export class BackupStory {
  #today: Day | undefined;
  readonly #ringing = new Set<string>();

  tell(event: RehearsalEvent): readonly BackupLine[] {
    const lines = [...this.#turn(event.at)];
    this.#count(event);
    const told = this.#told(event);
    if (told) lines.push({ at: event.at, ...told });
    return lines;
  }

  #turn(at: number): readonly BackupLine[] {
    const number = Math.floor(at / dayMilliseconds);
    const before = this.#today;
    if (before?.number === number) return [];
    this.#today = { number, complete: 0, verified: 0, failed: 0, deleted: 0, faults: 0 };
    return before ? [lineOf(before)] : [];
  }

  #count(event: RehearsalEvent): void {
    const today = this.#today;
    if (!today) return;
    if (event.kind === 'state.exited' && event['state'] === 'Close the set as complete') today.complete++;
    if (event.kind === 'state.exited' && event['state'] === 'Close the set as verified') today.verified++;
    if (event.kind === 'execution.ended' && isBackup(event) && event['status'] !== 'SUCCEEDED') today.failed++;
    if (event.kind === 'database.snapshot' && event['status'] === 'deleting') today.deleted++;
    if (event.kind === 'fault.injected') today.faults++;
  }

  #told(event: RehearsalEvent): Omit<BackupLine, 'at'> | undefined {
    if (event.kind === 'person.acted') return { text: `${event['person']} ${event['action']}`, tone: 'bold' };
    if (event.kind === 'alarm.changed') return this.#alarm(event);
    if (event.kind !== 'execution.ended') return undefined;
    if (isTest(event)) return testEnded(event);
    if (!isBackup(event) || event['status'] === 'SUCCEEDED') return undefined;
    return {
      text: `A set failed: ${event['error'] ?? event['status']}`,
      evidence: String(event['cause'] ?? ''),
      tone: 'yellow',
    };
  }

  #alarm(event: RehearsalEvent): Omit<BackupLine, 'at'> | undefined {
    const alarm = String(event['alarm']);
    if (event['to'] === 'ALARM') {
      this.#ringing.add(alarm);
      return { text: `🔔 ${alarm} rings`, evidence: String(event['reason']), tone: 'red' };
    }
    if (!this.#ringing.delete(alarm)) return undefined;
    return { text: `${alarm} is quiet again`, tone: 'green' };
  }
}

function isBackup(event: RehearsalEvent): boolean {
  return String(event['workflow']).endsWith('-hourly-backup');
}

function isTest(event: RehearsalEvent): boolean {
  return String(event['workflow']).endsWith('-restore-test');
}

function testEnded(event: RehearsalEvent): Omit<BackupLine, 'at'> | undefined {
  const output = parsed(event['output']);
  // Another region's turn, or another day's.
  if (event['status'] === 'SUCCEEDED' && !['proven', 'failed'].includes(String(output['verdict']))) return undefined;
  if (output['verdict'] === 'proven') {
    return {
      text: `✔ ${output['setId']} is proven: it was restored and compared in ${output['region']}`,
      tone: 'green',
    };
  }
  return {
    text: `A restore test failed: ${event['error'] ?? output['verdict']}`,
    evidence: String(event['cause'] ?? ''),
    tone: 'red',
  };
}

function parsed(output: unknown): Readonly<Record<string, unknown>> {
  if (typeof output !== 'string') return (output ?? {}) as Readonly<Record<string, unknown>>;
  try {
    return JSON.parse(output) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}

function lineOf({ number, complete, verified, failed, deleted, faults }: Day): BackupLine {
  const more = [...(failed > 0 ? [`${failed} failed`] : []), ...(faults > 0 ? [`${faults} faults`] : [])];
  return {
    at: (number + 1) * dayMilliseconds - 1,
    text: `${complete} sets whole, ${verified} verified in the standby, ${deleted} snapshots thinned${more.map((each) => `, ${each}`).join('')}`,
    tone: failed > 0 ? 'yellow' : 'dim',
  };
}
