import { UnknownRelease } from '../errors.ts';

/** How a release behaves once it serves, beside a stable version that is sound. */
export interface ReleaseUnderRehearsal {
  /** As it was asked for: `errors=5%`. */
  readonly text: string;
  /** Share of its own requests that it answers with 5xx, 0 to 1. */
  readonly errorRate: number;
  /** Its latencies are this many times the stable version's. */
  readonly latencyScale: number;
  readonly crash?: 'loop' | 'never-ready';
  /** Its memory passes the limit after so many seconds of serving. */
  readonly outOfMemoryAfterSeconds?: number;
  /** From the middle of the first step both versions fail this share of their requests: the world's fault, not the release's. */
  readonly incidentErrorRate?: number;
  /** Requests a second of the whole service, where the release is about traffic. */
  readonly requestsPerSecond?: number;
}

/** Share of requests that a sound version of the service fails: the 0.2 % of the canary figures. */
export const soundErrorRate = 0.002;

/** What `rehearse list` shows. */
export const releaseKinds: readonly { readonly form: string; readonly meaning: string }[] = [
  { form: 'healthy', meaning: 'no worse than the stable version' },
  { form: 'errors=5%', meaning: 'answers that share of its requests with 5xx (0 to 100 %)' },
  { form: 'slow=3x', meaning: 'is so many times slower than the stable version (1 to 100)' },
  { form: 'crash', meaning: 'exits at start, again and again' },
  { form: 'unready', meaning: 'starts, but its readiness probe never answers' },
  { form: 'oom', meaning: 'serves well, then its memory passes the limit after four minutes' },
  { form: 'incident=3%', meaning: 'is sound, but an incident fails that share of the requests of both versions alike' },
  { form: 'quiet', meaning: 'is sound, but hardly anybody sends a request' },
];

const healthy = { errorRate: soundErrorRate, latencyScale: 1 };

/** Parses `--release`. Throws UnknownRelease. */
export function parseRelease(text: string): ReleaseUnderRehearsal {
  const [kind = '', amount, ...rest] = text.split('=');
  if (rest.length > 0) throw unknown(text);
  if (kind === 'errors') return { text, ...healthy, errorRate: percent(text, amount) };
  if (kind === 'incident') return { text, ...healthy, incidentErrorRate: percent(text, amount) };
  if (kind === 'slow') return { text, ...healthy, latencyScale: factor(text, amount) };
  if (amount !== undefined) throw unknown(text);
  switch (kind) {
    case 'healthy':
      return { text, ...healthy };
    case 'crash':
      return { text, ...healthy, crash: 'loop' };
    case 'unready':
      return { text, ...healthy, crash: 'never-ready' };
    case 'oom':
      return { text, ...healthy, outOfMemoryAfterSeconds: 240 };
    case 'quiet':
      // One request in twenty seconds: a 10 % canary sees one in more than three minutes.
      return { text, ...healthy, requestsPerSecond: 0.05 };
    default:
      throw unknown(text);
  }
}

function percent(text: string, amount: string | undefined): number {
  const value = /^(\d+(?:\.\d+)?)%$/.exec(amount ?? '')?.[1];
  if (value === undefined || Number(value) > 100) throw unknown(text);
  return Number(value) / 100;
}

function factor(text: string, amount: string | undefined): number {
  const value = /^(\d+(?:\.\d+)?)x$/.exec(amount ?? '')?.[1];
  if (value === undefined || Number(value) < 1 || Number(value) > 100) throw unknown(text);
  return Number(value);
}

function unknown(text: string): UnknownRelease {
  const forms = releaseKinds.map(({ form }) => form).join(', ');
  return new UnknownRelease(
    `There is no release '${text}' to rehearse. Known: ${forms}. Percent from 0 to 100, factors from 1 to 100. ` +
      "Choose one of these; 'npx mainstay rehearse list' says what each does.",
  );
}
