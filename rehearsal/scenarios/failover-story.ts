import type { RehearsalEvent } from '../kernel/log.ts';

/** One line of a failover's timeline. */
export interface FailoverLine {
  /** Since the outage. */
  readonly atSeconds: number;
  readonly text: string;
  readonly evidence?: string;
  readonly tone?: 'green' | 'yellow' | 'red' | 'bold' | 'dim';
}

type Told = Omit<FailoverLine, 'atSeconds'>;

const ours = /-(region-failover|region-failback|database-failover)$/;
/** States that only wait, choose or keep a value say nothing to a person. */
const silent = new Set(['Wait', 'Choice', 'Pass', 'Succeed', 'Fail', 'Map', 'Parallel']);
const bells = /failover|guard|stale|lost|primary|database/i;

/** Turns a failover's events into the lines that a person reads. Knows the log, nothing else. */
export class FailoverStory {
  #beganAt: number | undefined;
  #last = '';

  tell(event: RehearsalEvent): readonly FailoverLine[] {
    this.#beganAt ??= event.at;
    const told = tellers[event.kind]?.(event);
    if (!told) return [];
    // A look that is made again and again and finds the same is told once.
    const key = `${told.text} ${told.evidence ?? ''}`;
    if (key === this.#last) return [];
    this.#last = key;
    return [{ atSeconds: (event.at - this.#beganAt) / 1000, ...told }];
  }
}

const regionStates: Readonly<Record<string, string>> = {
  lost: 'is lost',
  back: 'is back',
  parted: 'does not hear',
  healed: 'hears again',
};

const tellers: Readonly<Record<string, (event: RehearsalEvent) => Told | undefined>> = {
  'region.changed': (event) => ({
    text: ['⚡', event['region'], regionStates[String(event['state'])] ?? event['state'], event['from']]
      .filter((word) => word !== undefined)
      .join(' '),
    tone: 'red',
  }),
  'database.outage': (event) => ({
    text: `${event['database']} in ${event['region']}: outage ${event['outage']}`,
    tone: event['outage'] === 'none' ? 'green' : 'red',
  }),
  'database.status': (event) => ({
    text: `${event['database']} in ${event['region']} is ${event['status']}`,
    tone: 'dim',
  }),
  'person.acted': (event) => ({ text: `${event['person']} ${event['action']}`, tone: 'bold' }),
  'health.changed': (event) => ({ text: `Route 53 finds ${event['check']} ${event['status']}` }),
  'users.led': (event) => ({ text: `Users are led to ${event['region']}`, tone: 'green' }),
  'writes.begun': (event) => ({
    text: `A write is acknowledged by ${event['database']} in ${event['region']}`,
    tone: 'green',
  }),
  'execution.started': (event) =>
    ours.test(String(event['workflow'])) ? { text: `${event['workflow']} begins`, tone: 'bold' } : undefined,
  'state.exited': (event) =>
    ours.test(String(event['workflow'])) && !silent.has(String(event['stateType'])) ? exited(event) : undefined,
  'alarm.changed': (event) =>
    event['to'] === 'ALARM' && bells.test(String(event['alarm']))
      ? { text: `🔔 ${event['alarm']} rings`, evidence: String(event['reason']), tone: 'red' }
      : undefined,
  'notification.sent': (event) => ({
    text: `✉ ${event['subject'] ?? event['topic']}`,
    evidence: wordsOf(String(event['message'])),
  }),
  'execution.ended': (event) =>
    ours.test(String(event['workflow'])) && event['status'] !== 'SUCCEEDED'
      ? {
          text: `It ended: ${event['error'] ?? event['status']}`,
          evidence: String(event['cause'] ?? ''),
          tone: 'yellow',
        }
      : undefined,
};

/** The first line, of what a person wrote for persons; an alarm's own JSON says no more than its bell. */
function wordsOf(message: string): string {
  return message.startsWith('{') ? '' : (message.split('\n')[0] ?? '');
}

function exited(event: RehearsalEvent): Told {
  const output = event['output'] as { readonly why?: unknown; readonly wrong?: unknown } | null;
  const why = typeof output?.why === 'string' ? output.why : '';
  const wrong = Array.isArray(output?.wrong) ? output.wrong.join('; ') : '';
  const evidence = [why, wrong].filter((text) => text !== '').join(' ');
  return { text: String(event['state']), ...(evidence === '' ? {} : { evidence }) };
}
