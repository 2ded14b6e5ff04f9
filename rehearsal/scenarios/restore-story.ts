import type { RehearsalEvent } from '../kernel/log.ts';

/** One line of a restore's timeline. */
export interface RestoreLine {
  /** Since its start. */
  readonly atSeconds: number;
  readonly text: string;
  readonly evidence?: string;
  readonly tone?: 'green' | 'yellow' | 'red' | 'bold' | 'dim';
}

type Told = Omit<RestoreLine, 'atSeconds'>;

/** Turns the events of a restore or its test into the lines that a person reads. Knows the log, nothing else. */
export class RestoreStory {
  #startedAt: number | undefined;

  tell(event: RehearsalEvent): readonly RestoreLine[] {
    this.#startedAt ??= event.at;
    const told = tellers[event.kind]?.(event);
    return told ? [{ atSeconds: (event.at - this.#startedAt) / 1000, ...told }] : [];
  }
}

const isTest = (event: RehearsalEvent): boolean => /-restore(-test)?$/.test(String(event['workflow']));
/** States that only wait, choose or keep a value say nothing to a person. */
const silent = new Set(['Wait', 'Choice', 'Pass', 'Succeed', 'Fail', 'Map', 'Parallel']);

const tellers: Readonly<Record<string, (event: RehearsalEvent) => Told | undefined>> = {
  'person.acted': (event) => ({ text: `${event['person']} ${event['action']}`, tone: 'bold' }),
  'database.status': (event) =>
    /^mst-|-restored-/.test(String(event['database']))
      ? { text: `${event['database']} in ${event['region']} is ${event['status']}` }
      : undefined,
  'state.exited': (event) => (isTest(event) && !silent.has(String(event['stateType'])) ? exited(event) : undefined),
  'alarm.changed': (event) =>
    event['to'] === 'ALARM' && /restore|backup/.test(String(event['alarm']))
      ? { text: `🔔 ${event['alarm']} rings`, evidence: String(event['reason']), tone: 'red' }
      : undefined,
  'notification.sent': (event) => ({
    text: `✉ ${event['subject'] ?? event['topic']}`,
    evidence: String(event['message']).split('\n')[0] ?? '',
  }),
  'fault.injected': (event) => ({ text: `⚡ ${event['fault']} on ${event['on']}`, tone: 'dim' }),
  'execution.ended': (event) =>
    isTest(event) && event['status'] !== 'SUCCEEDED'
      ? {
          text: `The test ended: ${event['error'] ?? event['status']}`,
          evidence: String(event['cause'] ?? ''),
          tone: 'yellow',
        }
      : undefined,
};

function exited(event: RehearsalEvent): Told | undefined {
  const output = event['output'] as { readonly state?: string; readonly reason?: string } | null;
  if (output?.state === 'waiting') return undefined;
  const reason = typeof output?.reason === 'string' && output.reason !== '' ? { evidence: output.reason } : {};
  return { text: String(event['state']), ...reason };
}
