import type { RehearsalEvent } from '../kernel/log.ts';

/** One line of a rotation's timeline. */
export interface RotationLine {
  /** Since the moment before the rotation; negative before. */
  readonly atSeconds: number;
  /** Labels of the secret's versions: `current b7a1, previous 03fe`. */
  readonly versions: string;
  readonly text: string;
  readonly evidence?: string;
  readonly tone?: 'green' | 'yellow' | 'red' | 'bold' | 'dim';
}

type Told = Pick<RotationLine, 'text' | 'evidence' | 'tone'>;
type Fields = Readonly<Record<string, unknown>>;

const steps: Readonly<Record<string, string>> = {
  createSecret: 'A new version has its value',
  setSecret: 'The server knows the new version',
  testSecret: 'The new version logs in',
  finishSecret: 'The new version is current, its rollout is started',
};
const podTroubles = ['CrashLoopBackOff', 'OOMKilled', 'ImagePullBackOff', 'ErrImagePull', 'Unschedulable'];

/** Turns a run's events into the lines that a person reads. Knows the log, nothing else. */
export class RotationStory {
  #startedAt: number | undefined;
  #secret = '';
  #secretName = '';
  #region: unknown;
  #versions = '';
  readonly #lastPods = new Map<string, string>();
  readonly #generations = new Map<string, string>();

  secondsAt(at: number): number | undefined {
    return this.#startedAt === undefined ? undefined : (at - this.#startedAt) / 1000;
  }

  /** The lines for an event: none, or one. */
  tell(event: RehearsalEvent): readonly RotationLine[] {
    if (event.kind === 'scenario.began') this.#begin(event);
    const told = this.#told(event);
    if (!told || this.#startedAt === undefined) return [];
    return [{ atSeconds: (event.at - this.#startedAt) / 1000, versions: this.#versions, ...told }];
  }

  #begin(event: RehearsalEvent): void {
    this.#startedAt = event.at;
    this.#secret = String(event['secret']);
    this.#secretName = String(event['secretName']);
    this.#region = event['region'];
    this.#versions = `current ${short(event['versionId'])}`;
  }

  #told(event: RehearsalEvent): Told | undefined {
    if ('secret' in event && event['secret'] !== this.#secretName && event['secret'] !== this.#secret) return undefined;
    if ('region' in event && event['region'] !== this.#region) return undefined;
    const tell = tellers[event.kind];
    if (tell) return tell(event);
    if (event.kind === 'secret.changed') return this.#labels(event);
    return event.kind === 'pod.changed' ? this.#pod(event) : undefined;
  }

  #labels(event: RehearsalEvent): Told | undefined {
    const stages = event['stages'] as Readonly<Record<string, readonly string[]>>;
    const empty = (event['empty'] ?? []) as readonly string[];
    const versions = ['AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS'].flatMap((label) => {
      const [id] = Object.keys(stages).filter((version) => stages[version]?.includes(label));
      return id === undefined
        ? []
        : [`${label.slice(3).toLowerCase()} ${short(id)}${empty.includes(id) ? ' (empty)' : ''}`];
    });
    this.#versions = versions.join(', ');
    return { text: this.#versions, tone: 'dim' };
  }

  #pod(event: RehearsalEvent): Told | undefined {
    const pod = String(event['pod']);
    const [, deployment = pod, generation = ''] = /^(.+)-([a-z0-9]+)-[a-z0-9]+$/.exec(pod) ?? [];
    const trouble = podTroubles.includes(String(event['reason'])) ? `Pod ${pod} ${event['reason']}` : undefined;
    if (trouble !== undefined) {
      if (this.#lastPods.get(deployment) === trouble) return undefined;
      this.#lastPods.set(deployment, trouble);
      return { text: trouble, tone: 'yellow' };
    }
    if (event['status'] !== 'Running' || this.#generations.get(deployment) === generation) return undefined;
    const first = !this.#generations.has(deployment);
    this.#generations.set(deployment, generation);
    return first ? undefined : { text: `The first pod of ${deployment} runs with what is current now` };
  }
}

const tellers: Readonly<Record<string, (event: RehearsalEvent) => Told | undefined>> = {
  'person.acted': (event) => ({ text: `${event['person']} ${event['action']}`, tone: 'bold' }),
  'rotation.started': (event) => ({
    text: event['trigger'] === 'schedule' ? 'The window is open: Secrets Manager rotates' : 'Secrets Manager rotates',
    evidence: `version ${event['versionId']}`,
  }),
  'rotation.step': (event) =>
    event['outcome'] === 'ok'
      ? { text: steps[String(event['step'])] ?? String(event['step']), ...attempt(event) }
      : { text: `${event['step']} failed`, evidence: String(event['reason']), tone: 'yellow' },
  'rotation.ended': (event) =>
    event['outcome'] === 'succeeded'
      ? { text: 'Secrets Manager has rotated', tone: 'green' }
      : {
          text: event['outcome'] === 'failed' ? 'Secrets Manager gives up' : 'The rotation is cancelled',
          evidence: `after ${event['attempts']} attempts`,
          tone: 'red',
        },
  'login.denied': (event) => ({ text: `${event['client']} is denied and reads the secret again`, tone: 'yellow' }),
  'login.recovered': (event) => ({
    text: `${event['client']} is in again after ${event['milliseconds']} ms`,
    tone: 'dim',
  }),
  'notification.sent': (event) => ({
    text: `✉ ${event['subject'] ?? event['topic']}`,
    evidence: String(event['message']).split('\n')[0] ?? '',
  }),
  'fault.injected': (event) => ({ text: `⚡ ${event['fault']} on ${event['on']}`, tone: 'dim' }),
  'alarm.changed': (event) =>
    event['to'] === 'ALARM'
      ? { text: `🔔 ${event['alarm']} fires`, evidence: String(event['reason']), tone: 'red' }
      : undefined,
  'execution.started': (event) =>
    isRollout(event) ? { text: 'The rollout begins: consumers are restarted, one after the other' } : undefined,
  'state.exited': (event) => state(event),
  'execution.ended': (event) => ended(event),
};

function attempt({ attempt: number }: RehearsalEvent): Pick<Told, 'evidence'> {
  return number === 1 ? {} : { evidence: `attempt ${number}` };
}

function isRollout(event: RehearsalEvent): boolean {
  return String(event['workflow']).endsWith('-secret-rollout');
}

function state(event: RehearsalEvent): Told | undefined {
  const output = event['output'] as Fields | null;
  if (!isRollout(event) || typeof output !== 'object' || output === null) return undefined;
  if ('Error' in output && 'Cause' in output) {
    return { text: `${event['state']}: ${output['Error']}`, evidence: String(output['Cause']), tone: 'yellow' };
  }
  return undefined;
}

function ended(event: RehearsalEvent): Told | undefined {
  const workflow = String(event['workflow']);
  if (event['status'] === 'SUCCEEDED' && !isRollout(event)) return undefined;
  const output = parsed(event['output']);
  if (event['status'] === 'SUCCEEDED') {
    const undone = output['outcome'] === 'undone';
    return {
      text: undone
        ? 'The rollout is undone: the version before is current again'
        : 'Every consumer is ready with the new version',
      evidence: String(output['reason'] ?? ''),
      tone: undone ? 'yellow' : 'green',
    };
  }
  const why = event['error'] ? `: ${event['error']}` : '';
  return {
    text: `${workflow} ${String(event['status']).toLowerCase().replaceAll('_', ' ')}${why}`,
    ...(event['cause'] ? { evidence: String(event['cause']) } : {}),
    tone: 'red',
  };
}

function parsed(output: unknown): Fields {
  if (typeof output !== 'string') return (output ?? {}) as Fields;
  try {
    return JSON.parse(output) as Fields;
  } catch {
    return {};
  }
}

/** The first characters of a version's id. */
function short(id: unknown): string {
  return String(id).slice(0, 4);
}
