import { clusterName } from '../../domain/names.ts';
import type { LoginSecret, RotationPlan } from '../../domain/rotation.ts';
import type { Eks } from '../aws/eks.ts';
import type { Rds } from '../aws/rds.ts';
import type { SecretsManager } from '../aws/secretsmanager.ts';
import { AwsError, NoAnswer } from '../aws/service.ts';
import type { RehearsalEvent } from '../kernel/log.ts';
import type { NetworkSource } from '../lambda/network.ts';
import { type LoginOutcome, logIn } from '../postgres/login.ts';
import type { Rehearsal } from '../rehearsal.ts';

/** One client with a secret that it has read. */
interface Client {
  /** The pod, or the reader of a secret that no service consumes. */
  readonly name: string;
  readonly service: string;
  text: string;
  versionId: string;
  deniedSince?: number;
}

/** What the clients met. */
export interface LoginCounts {
  tried: number;
  denied: number;
  unreachable: number;
  /** The longest that one client was denied. */
  deniedMilliseconds: number;
}

/** Between two logins of a service's pods while nothing changes, while something does, and after a denial. */
const quietMilliseconds = 30_000;
const busyMilliseconds = 250;
const againMilliseconds = 100;
/** So long after something changed. */
const busyForMilliseconds = 15_000;
const changes = new Set(['rotation.started', 'rotation.step', 'secret.changed', 'workload.changed']);

/**
 * Applications that use a secret: each pod reads it at its start, logs in with it again and again, and reads it anew when it is
 * denied. A secret that no service consumes has one reader of its own.
 */
export class RotationConsumers {
  readonly counts: LoginCounts = { tried: 0, denied: 0, unreachable: 0, deniedMilliseconds: 0 };
  readonly #rehearsal: Rehearsal;
  readonly #environment: string;
  readonly #region: string;
  readonly #plan: RotationPlan;
  readonly #services: readonly string[];
  readonly #clients = new Map<string, Client>();
  #changedAt = 0;
  #turn = 0;
  #stopped = false;

  constructor(options: {
    readonly rehearsal: Rehearsal;
    readonly environment: string;
    readonly region: string;
    readonly plan: RotationPlan;
    /** None: one reader of its own. */
    readonly services: readonly string[];
  }) {
    this.#rehearsal = options.rehearsal;
    this.#environment = options.environment;
    this.#region = options.region;
    this.#plan = options.plan;
    this.#services = options.services.length > 0 ? options.services : [reader];
    this.#rehearsal.log.subscribe((event) => this.#seen(event));
  }

  /** From now on every consumer logs in. */
  start(): void {
    const { kernel } = this.#rehearsal;
    for (const [index, service] of this.#services.entries()) {
      kernel.after(index * 70, `logins of ${service}`, () => this.#keepLoggingIn(service));
    }
  }

  stop(): void {
    this.#stopped = true;
    const { kernel } = this.#rehearsal;
    for (const client of this.#clients.values()) this.#recovered(client, kernel.now());
  }

  /** Pods whose secret is another version than this one: they were not restarted. */
  withOtherVersion(versionId: string): string[] {
    return [...this.#clients.values()]
      .filter(({ service, name }) => service !== reader && this.#names(service).includes(name))
      .filter((client) => client.versionId !== versionId)
      .map(({ name }) => name);
  }

  /** Whether the secret's current version logs in now. */
  async currentLogsIn(): Promise<LoginOutcome> {
    const { text } = this.#secrets.store.require(this.#region, this.#plan.secretName).current;
    return this.#logIn(text, 'checker');
  }

  get #secrets(): SecretsManager {
    return this.#rehearsal.account.service<SecretsManager>('secretsmanager');
  }

  #seen(event: RehearsalEvent): void {
    if (changes.has(event.kind)) this.#changedAt = event.at;
    // The file is written before the container starts.
    if (event.kind !== 'pod.changed' || event['region'] !== this.#region) return;
    const name = String(event['pod']);
    if (event['status'] === 'Gone' || event['status'] === 'Terminating') this.#clients.delete(name);
    else if (event['status'] === 'Running') this.#mounted(name);
  }

  #mounted(pod: string): void {
    const service = this.#services.find((consumer) => pod.startsWith(`${consumer}-`));
    if (service === undefined || this.#clients.has(pod)) return;
    const { text, id } = this.#secrets.store.require(this.#region, this.#plan.secretName).current;
    this.#clients.set(pod, { name: pod, service, text, versionId: id });
  }

  /** Names of the clients of a service that take part: its ready pods. */
  #names(service: string): string[] {
    if (service === reader) return [reader];
    return this.#cluster.store
      .list('Pod', this.#environment)
      .filter(({ metadata }) => metadata.name.startsWith(`${service}-`))
      .filter(({ status }) => JSON.stringify(status ?? {}).includes('"type":"Ready","status":"True"'))
      .map(({ metadata }) => metadata.name);
  }

  get #cluster() {
    return this.#rehearsal.account.service<Eks>('eks').cluster(this.#region, clusterName(this.#environment));
  }

  async #keepLoggingIn(service: string): Promise<void> {
    if (this.#stopped) return;
    const { kernel } = this.#rehearsal;
    const names = this.#names(service);
    const name = names[this.#turn++ % Math.max(1, names.length)];
    if (name !== undefined) await this.#attempt(this.#clientOf(name, service));
    const busy = kernel.now() - this.#changedAt < busyForMilliseconds;
    kernel.after(busy ? busyMilliseconds : quietMilliseconds, `logins of ${service}`, () =>
      this.#keepLoggingIn(service),
    );
  }

  #clientOf(name: string, service: string): Client {
    const known = this.#clients.get(name);
    if (known) return known;
    const { text, id } = this.#secrets.store.require(this.#region, this.#plan.secretName).current;
    const client = { name, service, text, versionId: id };
    this.#clients.set(name, client);
    return client;
  }

  /** Until the client is in, or cannot reach the server. */
  async #attempt(client: Client): Promise<void> {
    const { kernel, log } = this.#rehearsal;
    while (!this.#stopped) {
      const outcome = await this.#logIn(client.text, client.name);
      this.counts.tried++;
      if (outcome === 'unreachable') {
        this.counts.unreachable++;
        return;
      }
      if (outcome === 'in') {
        this.#recovered(client, kernel.now());
        return;
      }
      this.counts.denied++;
      if (client.deniedSince === undefined) {
        client.deniedSince = kernel.now();
        log.write('login.denied', { client: client.name, secret: this.#plan.secret, versionId: client.versionId });
      }
      await this.#readAgain(client);
      await kernel.sleep(againMilliseconds, `next login of ${client.name}`);
    }
  }

  #recovered(client: Client, now: number): void {
    if (client.deniedSince === undefined) return;
    const milliseconds = now - client.deniedSince;
    delete client.deniedSince;
    this.counts.deniedMilliseconds = Math.max(this.counts.deniedMilliseconds, milliseconds);
    const { secret } = this.#plan;
    this.#rehearsal.log.write('login.recovered', {
      client: client.name,
      secret,
      versionId: client.versionId,
      milliseconds,
    });
  }

  /** With the pod's own identity. */
  async #readAgain(client: Client): Promise<void> {
    const { account } = this.#rehearsal;
    const roleArn = account.service<Eks>('eks').identityOf(this.#cluster, this.#environment, client.service);
    try {
      const answer = await account.call({
        service: 'secretsmanager',
        operation: 'GetSecretValue',
        input: { SecretId: this.#plan.secretName },
        principal: roleArn
          ? { kind: 'role', roleArn, sessionName: client.name.slice(0, 64) }
          : { kind: 'person', name: reader },
        region: this.#region,
      });
      client.text = String(answer['SecretString']);
      client.versionId = String(answer['VersionId']);
    } catch (error) {
      if (!(error instanceof AwsError) && !(error instanceof NoAnswer)) throw error;
    }
  }

  #logIn(text: string, name: string): Promise<LoginOutcome> {
    const { account, network, kernel } = this.#rehearsal;
    const { host, port, username, password, dbname } = JSON.parse(text) as LoginSecret;
    const instance = account.service<Rds>('rds').instances.find((candidate) => candidate.host === host);
    const source: NetworkSource = {
      functionName: name,
      region: this.#region,
      ...(instance ? { vpcId: instance.vpcId } : {}),
    };
    const login = { host, port: Number(port), user: username, password, database: dbname ?? username };
    return logIn(network, kernel, login, { source, nonce: account.nextId('login-nonce', 'hex16') });
  }
}

/** Who uses a secret that no service consumes. */
const reader = 'reader';
