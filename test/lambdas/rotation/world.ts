import { AwsRefused, AwsUnavailable, WorkInProgress } from '../../../domain/errors.ts';
import type { InterlockClaim } from '../../../domain/interlock.ts';
import {
  type RotationPlan,
  type RotationStep,
  rotationPlanParameterName,
  rotationSteps,
} from '../../../domain/rotation.ts';
import type { LoginKind } from '../../../domain/rotation-work.ts';
import type { RolloutRequest } from '../../../domain/workflows/secret-rollout.ts';
import type { Interlock } from '../../../lambdas/ports/interlock.ts';
import type { LoginServer, Rollouts, SecretVersions, ServerLogin } from '../../../lambdas/ports/rotation.ts';
import { rotate } from '../../../lambdas/rotation/steps.ts';
import { undoRotation } from '../../../lambdas/rotation/undo-rotation.ts';
import { watchRotations } from '../../../lambdas/rotation/watch-rotations.ts';

export const startsAt = Date.parse('2026-11-20T10:00:00Z');

/** The function ended in the middle: nothing of it runs any more, not even what it does about errors. */
export class Died extends Error {
  override readonly name = 'Died';
}

/** What goes wrong, at which call to the outside (counted from 0). */
export interface Trouble {
  readonly call: number;
  /** `before`: it fails; `after`: it works and the answer is lost; `death`: it works and the function dies. */
  readonly how: 'before' | 'after' | 'death';
}

interface Version {
  text?: string;
  readonly createdAt: number;
}

export interface StoredSecret {
  readonly name: string;
  readonly versions: Map<string, Version>;
  readonly stages: Map<string, string>;
  lastRotatedAt?: number;
  lastChangedAt: number;
  readonly createdAt: number;
}

export const servers = { host: 'db.example', port: 5432 } as const;

/** AWS, a server and a clock, small enough to be sure of, with calls that fail or kill at will. */
export class World {
  now = startsAt;
  readonly secrets = new Map<string, StoredSecret>();
  readonly parameters = new Map<string, string>();
  readonly passwords = new Map<string, string>();
  readonly rollouts = new Map<string, { request: RolloutRequest; status: string }>();
  readonly told: { severity: string; subject: string; message: string }[] = [];
  claims: InterlockClaim[] = [];
  /** Of PostgreSQL: what a transaction did is gone when its publication fails. */
  transactional = true;
  reachable = true;
  /** Users that somebody prepared, in this order. */
  prepared: string[] = [];
  calls = 0;
  trouble: Trouble | undefined;
  #dead = false;
  #made = 0;

  put(name: string, value: object, id = `${name}-v1`): StoredSecret {
    const secret: StoredSecret = {
      name,
      versions: new Map([[id, { text: JSON.stringify(value), createdAt: this.now }]]),
      stages: new Map([['AWSCURRENT', id]]),
      lastChangedAt: this.now,
      createdAt: this.now,
    };
    this.secrets.set(name, secret);
    return secret;
  }

  plan(plan: RotationPlan): void {
    this.parameters.set(rotationPlanParameterName(plan.environment, plan.secret), JSON.stringify(plan));
  }

  /** A call to the outside, which may go wrong. */
  async #call<T>(run: () => T | Promise<T>, failure: () => Error = () => new AwsUnavailable('no answer')): Promise<T> {
    if (this.#dead) throw new Died();
    const wrong = this.trouble && this.trouble.call === this.calls++ ? this.trouble.how : undefined;
    if (wrong === 'before') throw failure();
    const result = await run();
    if (wrong === 'after') throw failure();
    if (wrong === 'death') {
      this.#dead = true;
      throw new Died();
    }
    return result;
  }

  /** A new invocation: whoever died before is not there any more. */
  revive(): void {
    this.#dead = false;
  }

  readonly clock = { now: () => new Date(this.now) };

  readonly parameterPort = {
    read: (name: string) => this.#call(() => this.parameters.get(name)),
    readUnder: (path: string) =>
      this.#call(() => new Map([...this.parameters].filter(([name]) => name.startsWith(path)))),
  };

  #secret(id: string): StoredSecret {
    const secret = this.secrets.get(id);
    if (!secret) throw new AwsRefused(`ResourceNotFoundException: ${id}`);
    return secret;
  }

  readonly secretVersions: SecretVersions = {
    describe: (id) =>
      this.#call(() => {
        const secret = this.secrets.get(id);
        if (!secret) return undefined;
        const versions = new Map<string, string[]>();
        for (const [stage, version] of secret.stages) versions.set(version, [...(versions.get(version) ?? []), stage]);
        return {
          arn: secret.name,
          name: secret.name,
          createdAt: new Date(secret.createdAt),
          ...(secret.lastRotatedAt ? { lastRotatedAt: new Date(secret.lastRotatedAt) } : {}),
          lastChangedAt: new Date(secret.lastChangedAt),
          versions,
        };
      }),
    read: (id, version) =>
      this.#call(() => {
        const secret = this.secrets.get(id);
        const versionId = 'id' in version ? version.id : secret?.stages.get(version.stage);
        const found = secret?.versions.get(versionId ?? '');
        if (!versionId || found?.text === undefined) return undefined;
        return { versionId, text: found.text, createdAt: new Date(found.createdAt) };
      }),
    putPending: (id, versionId, text) =>
      this.#call(() => {
        const secret = this.#secret(id);
        const version = secret.versions.get(versionId) ?? { createdAt: this.now };
        if (version.text !== undefined) return version.text === text;
        secret.versions.set(versionId, { ...version, text });
        secret.stages.set('AWSPENDING', versionId);
        secret.lastChangedAt = this.now;
        return true;
      }),
    randomPassword: () => this.#call(() => `hush-made${++this.#made}`),
    moveStage: (id, stage, { to, from }) =>
      this.#call(() => {
        const secret = this.#secret(id);
        const at = secret.stages.get(stage);
        if (at !== undefined && at !== from && at !== to) throw new AwsRefused('InvalidParameterException');
        if (from !== undefined && at !== from) throw new AwsRefused('InvalidParameterException');
        if (to === undefined) secret.stages.delete(stage);
        else secret.stages.set(stage, to);
        if (stage === 'AWSCURRENT' && from !== undefined) secret.stages.set('AWSPREVIOUS', from);
        secret.lastChangedAt = this.now;
      }),
    startRotation: (id) =>
      this.#call(() => {
        this.announce(id, `asked-for-${++this.#made}`);
        return true;
      }),
  };

  /** As Secrets Manager does before createSecret. */
  announce(name: string, versionId: string): void {
    const secret = this.#secret(name);
    if (!secret.versions.has(versionId)) secret.versions.set(versionId, { createdAt: this.now });
    secret.stages.set('AWSPENDING', versionId);
    secret.lastChangedAt = this.now;
  }

  readonly interlock: Interlock = {
    claim: ({ subjects, work, holder, forSeconds }) =>
      this.#call(() => {
        const binding = this.claims.filter(({ until }) => Date.parse(until) > this.now);
        const other = binding.find((claim) => claim.holder !== holder && subjects.includes(claim.subject));
        if (other) throw new WorkInProgress(other.subject, other);
        const until = new Date(this.now + forSeconds * 1000).toISOString();
        const claims = subjects.map((subject) => ({ subject, work, holder, until }));
        this.claims = [...this.claims.filter((claim) => !subjects.includes(claim.subject)), ...claims];
        return claims;
      }),
    release: (holder, subjects) =>
      this.#call(() => {
        this.claims = this.claims.filter((claim) => claim.holder !== holder || !subjects.includes(claim.subject));
      }),
    list: () => this.#call(() => this.claims.filter(({ until }) => Date.parse(until) > this.now)),
  };

  readonly rolloutPort: Rollouts = {
    start: (request) =>
      this.#call(() => {
        const key = `${request.secret}-${request.versionId}`;
        if (!this.rollouts.has(key)) this.rollouts.set(key, { request, status: 'RUNNING' });
      }),
    statusOf: (secret, versionId) => this.#call(() => this.rollouts.get(`${secret}-${versionId}`)?.status),
  };

  readonly notifications = {
    publish: (severity: string, subject: string, message: string) =>
      this.#call(() => {
        this.told.push({ severity, subject, message });
      }),
  };

  opens({ user, password }: Pick<ServerLogin, 'user' | 'password'>): boolean {
    return this.passwords.get(user) === password;
  }

  readonly server: LoginServer = {
    canLogIn: (login) => this.#call(() => this.#atServer(() => this.opens(login)), unreachable),
    changePassword: async ({ by, next, publish }) => {
      await this.#call(() => this.#atServer(() => this.#demandOpen(by)), unreachable);
      const former = this.passwords.get(next.user);
      if (this.transactional) {
        await publish();
        await this.#call(() => this.passwords.set(next.user, next.password), unreachable);
        return;
      }
      await this.#call(() => this.passwords.set(next.user, next.password), unreachable);
      try {
        await publish();
      } catch (error) {
        if (former !== undefined) await this.#call(() => this.passwords.set(next.user, former), unreachable);
        throw error;
      }
    },
    prepareUser: ({ superuser, next }) =>
      this.#call(
        () =>
          this.#atServer(() => {
            this.#demandOpen(superuser);
            this.passwords.set(next.user, next.password);
            this.prepared.push(next.user);
          }),
        unreachable,
      ),
  };

  #atServer<T>(run: () => T): T {
    if (!this.reachable) throw unreachable();
    return run();
  }

  #demandOpen(login: ServerLogin): void {
    if (!this.opens(login)) throw Object.assign(new Error('28P01'), { name: 'ServerRefused' });
  }

  /** The region that reigns. */
  primary = 'us-east-1';

  ports(kind: LoginKind = 'postgres') {
    return {
      clock: this.clock,
      parameters: this.parameterPort,
      secrets: this.secretVersions,
      interlock: this.interlock,
      rollouts: this.rolloutPort,
      servers: { [kind]: this.server },
      notifications: this.notifications,
      region: 'us-east-1',
      reign: { current: async () => ({ epoch: 1, primary: this.primary }) },
    };
  }

  /** One invocation of a rotation function. */
  step(plan: RotationPlan, step: RotationStep, versionId: string) {
    this.revive();
    const settings = { environment: plan.environment, secret: plan.secret, kinds: [plan.kind] };
    const event = { Step: step, SecretId: plan.secretName, ClientRequestToken: versionId };
    return rotate(event, settings, this.ports());
  }

  /** As Secrets Manager: the four steps, all again after a failure, `attempts` times. */
  async rotateAll(plan: RotationPlan, versionId: string, attempts = 1): Promise<boolean> {
    this.announce(plan.secretName, versionId);
    for (let attempt = 0; attempt < attempts; attempt++) {
      try {
        for (const step of rotationSteps) await this.step(plan, step, versionId);
        const secret = this.secrets.get(plan.secretName);
        if (secret) secret.lastRotatedAt = this.now;
        return true;
      } catch {
        this.now += 1000;
      }
    }
    return false;
  }

  /** The watchdog, a quarter of an hour later. */
  watch(environment = 'aeon') {
    this.revive();
    this.now += 15 * 60_000;
    return watchRotations(environment, this.ports());
  }

  undo(plan: RotationPlan, versionId: string, previousVersionId: string) {
    this.revive();
    const request = { secret: plan.secret, versionId, previousVersionId };
    return undoRotation({ plan, request, reason: 'test' }, this.ports());
  }

  /** Every rollout has restarted its consumers and released its claims. */
  endRollouts(): void {
    for (const rollout of this.rollouts.values()) rollout.status = 'SUCCEEDED';
    this.claims = this.claims.filter(({ work }) => work !== 'rotation');
  }

  valueAt(name: string, stage: string): Record<string, unknown> | undefined {
    const secret = this.secrets.get(name);
    const text = secret?.versions.get(secret.stages.get(stage) ?? '')?.text;
    return text === undefined ? undefined : JSON.parse(text);
  }

  stages(name: string): Record<string, string> {
    return Object.fromEntries([...(this.secrets.get(name)?.stages ?? [])].sort());
  }

  /** What AWSCURRENT holds opens the server. */
  currentOpens(name: string): boolean {
    const value = this.valueAt(name, 'AWSCURRENT');
    return value !== undefined && this.opens({ user: String(value['username']), password: String(value['password']) });
  }
}

/** As every engine answers where the server is gone. */
function unreachable(): Error {
  return Object.assign(new Error('db.example:5432 did not answer'), { name: 'ServerUnreachable' });
}
