import type { Judgement } from '../../domain/judgement.ts';
import { parseAlarmName } from '../../domain/names.ts';
import type { RehearsalEvent } from '../kernel/log.ts';

/** One line of a run's timeline. */
export interface StoryLine {
  /** Since the promotion under rehearsal was started; negative before. */
  readonly atSeconds: number;
  /** The new release's share of the requests, as the load balancer obeys it. */
  readonly canaryPercent: number;
  readonly text: string;
  /** Why, in numbers. */
  readonly evidence?: string;
  readonly tone?: 'green' | 'yellow' | 'red' | 'bold' | 'dim';
}

type Told = Pick<StoryLine, 'text' | 'evidence' | 'tone'>;
type Fields = Record<string, unknown>;

/** Steps of a promotion whose end is worth a line; the others are told by what they cause. */
const toldStates: Readonly<Record<string, (output: Fields) => Told | undefined>> = {
  'Read the plan': ({ plan }) => ({ text: 'Preflight', evidence: planned(plan as Fields) }),
  'Resolve the image': ({ tag, digest }) => ({ text: `Image ${tag}`, evidence: String(digest) }),
  'Check the image': ({ summary }) => ({ text: 'Image checked in every region', evidence: String(summary) }),
  'Check the platform': () => ({
    text: 'Platform checked: nothing running, no alarm, stable healthy, alarms on what serves',
  }),
  'Is the release approved?': () => undefined,
  'Take the release': ({ epoch, stableSlot, canarySlot }) => ({
    text: 'Release taken',
    evidence: `stable is ${stableSlot}, the release goes to ${canarySlot}; epoch ${epoch}`,
  }),
  'Measure the stable version': ({ slowThresholdMilliseconds }) => ({
    text: 'Stable version measured',
    evidence:
      slowThresholdMilliseconds === null
        ? 'it answered nothing in the last ten minutes: nothing can be called slow'
        : `its p99 is ${Math.round(Number(slowThresholdMilliseconds))} ms: a slower request counts as slow`,
  }),
  'Raise the canary': ({ replicas }) => ({ text: `Canary raised to ${replicas} replicas` }),
  'Replace the image in place': ({ replicas }) => ({ text: `Image replaced in place, ${replicas} replicas roll` }),
  'Scale the canary': ({ replicas }) => ({ text: `Canary scaled to ${replicas} replicas for its next share` }),
  'Judge the canary': judged,
  'Promote the canary': () => ({ text: 'Promoted: the roles are swapped', tone: 'green' }),
  'Retire the previous version': () => ({ text: 'Previous version retired; its image stays for a rollback' }),
  "Record the standby's version": () => ({ text: 'Standby knows the release it has to run' }),
  'Take the release over': ({ found, reason }) =>
    found === 'nothing'
      ? { text: 'Rollback finds nothing to do', evidence: String(reason), tone: 'dim' }
      : {
          text: 'Rollback takes the release over: the promotion can write nothing more',
          evidence: String(reason),
          tone: 'yellow',
        },
  'Raise the previous version': ({ replicas }) => ({ text: `Previous version raised to ${replicas} replicas` }),
  'Retire the version that was left': () => ({ text: 'The version that was left is retired' }),
  'Return traffic to stable': () => ({ text: 'Route points to stable', tone: 'yellow' }),
  'Restore the slot': () => ({ text: 'Slot restored as it was' }),
  'Give the release back': () => ({ text: 'Checked and given back' }),
  'Give the release back after the rollback': () => ({ text: 'Rollback checked to be exact, release given back' }),
};

function planned(plan: Fields): string {
  const steps = plan['steps'] as { weightPercent: number; watchSeconds: number }[];
  const limits = plan['limits'] as Fields;
  const path = steps
    .map(({ weightPercent, watchSeconds }) => `${weightPercent} % for ${watchSeconds / 60} min`)
    .join(', ');
  return `${plan['strategy']}: ${path || 'one step'}; errors at most ${limits['errorRatePercentMax']} %, p95 at most ${limits['p95MillisecondsMax'] ?? '–'} ms`;
}

function judged(output: Fields): Told {
  const verdict = String(output['verdict']);
  const evidence = output['evidence'] as Judgement['evidence'] | null;
  const tone = ({ healthy: 'green', worse: 'red', inconclusive: 'yellow' } as const)[verdict];
  const told = tone ? { tone } : {};
  if (!evidence) return { text: `Judge: ${verdict}`, evidence: String(output['reason']), ...told };
  if (verdict === 'inconclusive' && evidence.stepCanaryRequests === 0) {
    return { text: 'Judge: too early, no minute of this step is in yet', tone: 'dim' };
  }
  const numbers =
    `canary ${share(evidence.canaryErrorRatePercent)} of ${grouped(evidence.canaryRequests)} failed, stable ${share(evidence.stableErrorRatePercent)}; ` +
    `against it: errors ${strength(evidence.errorEvidence)}, slowness ${strength(evidence.slowEvidence)} of ${strength(evidence.rollbackEvidence)}`;
  if (verdict === 'healthy') return { text: `Judge: healthy   ${numbers}`, ...told };
  return { text: `Judge: ${verdict}   ${numbers}`, evidence: String(output['reason']), ...told };
}

function share(percent: number): string {
  return `${percent.toFixed(2)} %`;
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

/** An e-value as people read it: 0.8, 12, 3.4e+8. */
function strength(value: number): string {
  if (value >= 10_000) return value.toExponential(1);
  return value >= 10 ? String(Math.round(value)) : value.toFixed(1);
}

/** Turns a run's events into the lines that a person reads. Knows the log, nothing else. */
export class TimelineStory {
  #startedAt: number | undefined;
  #service = '';
  #canaryBackend: string | undefined;
  #canaryPercent = 0;
  #lastPod = '';
  /** What was asked since the last line that told of a state. */
  readonly #asked = new Map<string, number>();

  secondsAt(at: number): number | undefined {
    return this.#startedAt === undefined ? undefined : (at - this.#startedAt) / 1000;
  }

  /** The lines for an event: none, or one. */
  tell(event: RehearsalEvent): readonly StoryLine[] {
    if (event.kind === 'scenario.began') this.#begin(event);
    this.#note(event);
    const told = this.#told(event);
    if (!told || this.#startedAt === undefined) return [];
    return [{ atSeconds: (event.at - this.#startedAt) / 1000, canaryPercent: this.#canaryPercent, ...told }];
  }

  #note(event: RehearsalEvent): void {
    const asked =
      event.kind === 'aws.called'
        ? `${event['service']}:${event['operation']}`
        : event.kind === 'kubernetes.called'
          ? `kubernetes ${event['verb']}`
          : undefined;
    // Starting functions and asking the judge's questions is what every line would say.
    if (asked === undefined || asked === 'lambda:Invoke') return;
    this.#asked.set(asked, (this.#asked.get(asked) ?? 0) + 1);
  }

  #takeAsked(): string {
    const asked = [...this.#asked].map(([what, times]) => (times > 1 ? `${what} ×${times}` : what));
    this.#asked.clear();
    return asked.length === 0 ? '' : `asked ${asked.join(', ')}`;
  }

  #begin(event: RehearsalEvent): void {
    this.#startedAt = event.at;
    this.#service = String(event['service']);
    this.#canaryBackend = event['canaryBackend'] as string | undefined;
    this.#canaryPercent = 0;
    this.#asked.clear();
  }

  #told(event: RehearsalEvent): Told | undefined {
    switch (event.kind) {
      case 'person.acted':
        return { text: `${event['person']} ${event['action']}`, tone: 'bold' };
      case 'state.exited':
        return this.#state(event);
      case 'traffic.shifted':
        return this.#shifted(event);
      case 'alarm.changed':
        return this.#alarm(event);
      case 'event.delivered':
        // What runs by schedule is not part of the story.
        if (event['detailType'] === 'Scheduled Event') return undefined;
        return { text: `EventBridge: ${event['rule']} → ${shortName(event['target'])}`, tone: 'dim' };
      case 'notification.sent':
        return { text: `✉ ${event['subject'] ?? event['topic']}`, tone: 'dim' };
      case 'fault.injected':
        return { text: `⚡ ${event['fault']} on ${event['on']}`, tone: 'dim' };
      case 'pod.changed':
        return this.#pod(event);
      case 'execution.ended':
        return ended(event);
      default:
        return undefined;
    }
  }

  #state(event: RehearsalEvent): Told | undefined {
    const output = event['output'];
    const tell = toldStates[String(event['state'])];
    if (!tell || typeof output !== 'object' || output === null) return undefined;
    // Left by a Catch: what follows tells what came of it.
    if ('Error' in output && 'Cause' in output) {
      return { text: `${event['state']}: ${output.Error}`, tone: 'yellow' };
    }
    const told = tell(output as Fields);
    const asked = this.#takeAsked();
    if (!told || !asked || event['state'] === 'Judge the canary') return told;
    return { ...told, evidence: told.evidence ? `${told.evidence} · ${asked}` : asked };
  }

  #shifted(event: RehearsalEvent): Told | undefined {
    if (event['service'] !== this.#service || this.#canaryBackend === undefined) return undefined;
    const percent = (event['weights'] as Record<string, number>)[this.#canaryBackend] ?? 0;
    const before = this.#canaryPercent;
    this.#canaryPercent = percent;
    if (percent === before) return undefined;
    const tone = percent > before ? undefined : ('yellow' as const);
    return { text: `Load balancer sends ${percent} % to the release`, ...(tone ? { tone } : {}) };
  }

  #alarm(event: RehearsalEvent): Told | undefined {
    const name = parseAlarmName(String(event['alarm']));
    if (event['to'] === 'INSUFFICIENT_DATA') return undefined;
    if (event['to'] === 'OK' && (!name || event['from'] === 'INSUFFICIENT_DATA')) return undefined;
    const fires = event['to'] === 'ALARM';
    return {
      text: `${fires ? '🔔' : 'Alarm is quiet again:'} ${event['alarm']}${fires ? ' fires' : ''}`,
      ...(fires ? { evidence: String(event['reason']) } : {}),
      tone: fires ? 'red' : 'dim',
    };
  }

  #pod(event: RehearsalEvent): Told | undefined {
    const reason = event['reason'];
    if (
      !['CrashLoopBackOff', 'OOMKilled', 'ImagePullBackOff', 'ErrImagePull', 'Unschedulable'].includes(String(reason))
    ) {
      return undefined;
    }
    const line = `${event['pod']} ${reason}`;
    if (line === this.#lastPod) return undefined;
    this.#lastPod = line;
    return { text: `Pod ${line}`, tone: 'yellow' };
  }
}

function shortName(arn: unknown): string {
  return String(arn).split(':').at(-1) ?? '';
}

function ended(event: RehearsalEvent): Told | undefined {
  const workflow = String(event['workflow']);
  const status = String(event['status']);
  if (status === 'SUCCEEDED') return { text: `${workflow} ended`, tone: 'dim' };
  return {
    text: `${workflow} ${status.toLowerCase().replaceAll('_', ' ')}${event['error'] ? `: ${event['error']}` : ''}`,
    ...(event['cause'] ? { evidence: String(event['cause']) } : {}),
    tone: status === 'ABORTED' ? 'yellow' : 'red',
  };
}
