import { Agent, request as httpsRequest } from 'node:https';
import { ClusterRefused, ClusterUnavailable } from '../../domain/errors.ts';
import { systemClock } from '../handling/clock.ts';
import type { ClusterSettings } from '../handling/environment.ts';
import { clusterToken, tokenSeconds } from './token.ts';

/** The object asked for does not exist. */
export class NotFound extends Error {
  override readonly name = 'NotFound';
}

/** The object has changed since it was read. */
export class Conflict extends Error {
  override readonly name = 'Conflict';
}

/** Server-side apply met fields that another manager owns with another value. `managers` says which. */
export class OwnedElsewhere extends Error {
  override readonly name = 'OwnedElsewhere';
  readonly managers: readonly string[];

  constructor(message: string, managers: readonly string[]) {
    super(message);
    this.managers = managers;
  }
}

export interface ClusterRequest {
  readonly method: 'GET' | 'PATCH' | 'DELETE';
  /** With the leading slash: `/apis/apps/v1/namespaces/aeon/deployments/aeon-dt-api-blue`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly body?: unknown;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** The Status object of a refusal: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
interface Status {
  readonly reason?: string;
  readonly message?: string;
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] };
}

const answerMilliseconds = 5_000;
/** Every request of ours may be sent again: reads, applies and merges fenced by a resource version, deletes. */
const pausesMilliseconds = [100, 400];

/** A thin client of one cluster's API server: its own certificate authority, keep-alive, bounded in time. */
export class KubernetesClient {
  readonly #settings: ClusterSettings;
  readonly #agent: Agent;
  #token: { readonly text: string; readonly until: number } | undefined;

  constructor(settings: ClusterSettings) {
    this.#settings = settings;
    this.#agent = new Agent({ keepAlive: true, ca: settings.certificateAuthority, maxSockets: 8 });
  }

  /**
   * The answer's JSON. Throws NotFound, Conflict, OwnedElsewhere; ClusterUnavailable where the server did not answer or asked to come
   * back; ClusterRefused for anything else, with the server's own words.
   */
  async request<T>(request: ClusterRequest): Promise<T> {
    for (const pause of [...pausesMilliseconds, undefined]) {
      const answer = await this.#attempt(request).catch((error: Error) => error);
      const transient = answer instanceof Error || answer.status === 429 || answer.status >= 500;
      if (!transient) return read<T>(request, answer);
      if (pause === undefined) throw unavailable(request, answer);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    throw new ClusterUnavailable(`${request.method} ${request.path} was never sent`);
  }

  async #attempt(request: ClusterRequest): Promise<Answer> {
    const token = await this.#bearer();
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const query = request.query ? `?${new URLSearchParams(request.query)}` : '';
    const { hostname, port } = this.#settings.endpoint;
    return new Promise<Answer>((resolve, reject) => {
      const sent = httpsRequest(
        {
          agent: this.#agent,
          ca: this.#settings.certificateAuthority,
          hostname,
          port: port || 443,
          method: request.method,
          path: `${request.path}${query}`,
          headers: {
            accept: 'application/json',
            authorization: `Bearer ${token}`,
            ...(body === undefined
              ? {}
              : {
                  'content-type': request.contentType ?? 'application/json',
                  'content-length': Buffer.byteLength(body),
                }),
          },
          timeout: answerMilliseconds,
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
          );
        },
      );
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${answerMilliseconds} ms`)));
      sent.on('error', reject);
      sent.end(body);
    });
  }

  async #bearer(): Promise<string> {
    const now = systemClock.now().getTime();
    if (!this.#token || this.#token.until <= now) {
      const text = await clusterToken(this.#settings.region, this.#settings.clusterName, new Date(now));
      // Half its time is left to whoever receives it last.
      this.#token = { text, until: now + (tokenSeconds * 1000) / 2 };
    }
    return this.#token.text;
  }
}

function read<T>(request: ClusterRequest, answer: Answer): T {
  if (answer.status < 300) return JSON.parse(answer.text) as T;
  const status = statusOf(answer.text);
  const said = `${request.method} ${request.path}: ${answer.status} ${status.reason ?? ''}: ${status.message ?? answer.text.slice(0, 300)}`;
  if (answer.status === 404) throw new NotFound(said);
  if (answer.status === 409) {
    const owners = (status.details?.causes ?? []).filter((cause) => cause.reason === 'FieldManagerConflict');
    if (owners.length > 0) throw new OwnedElsewhere(said, managersOf(owners.map((cause) => cause.message ?? '')));
    throw new Conflict(said);
  }
  throw new ClusterRefused(said);
}

/** `conflict with "kubectl-edit" using gateway.networking.k8s.io/v1` */
function managersOf(messages: readonly string[]): string[] {
  return [...new Set(messages.flatMap((message) => /"([^"]+)"/.exec(message)?.[1] ?? []))];
}

function statusOf(text: string): Status {
  try {
    return JSON.parse(text) as Status;
  } catch {
    return {};
  }
}

function unavailable(request: ClusterRequest, answer: Answer | Error): ClusterUnavailable {
  const said = answer instanceof Error ? answer.message : `${answer.status} ${statusOf(answer.text).message ?? ''}`;
  return new ClusterUnavailable(
    `The cluster did not answer ${request.method} ${request.path} in ${pausesMilliseconds.length + 1} attempts: ${said}. ` +
      'The task is delivered again.',
  );
}
