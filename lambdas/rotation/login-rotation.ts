import { otherUser, type RotationPlan } from '../../domain/rotation.ts';
import {
  LoginRefused,
  RotationNotPending,
  SuperuserElsewhere,
  SuperuserRefused,
  SuperuserSecretMissing,
  UnknownSecretKind,
} from '../../domain/rotation-errors.ts';
import { type LoginServer, type SecretValue, type ServerLogin, versionStages } from '../ports/rotation.ts';
import {
  type Endpoint,
  endpointOf,
  type LoginFields,
  loginFieldsOf,
  loginKindOf,
  loginOf,
  nextLoginText,
} from './login-value.ts';
import type { Publication, RotatedValue, RotationPorts, RotationVersions } from './rotated-value.ts';

/** Logins of one server, by its plan. */
export class LoginRotation implements RotatedValue {
  readonly #plan: RotationPlan;
  readonly #ports: RotationPorts;
  readonly #server: LoginServer;
  #here: Promise<Endpoint> | undefined;

  /** Throws UnknownSecretKind. */
  constructor(plan: RotationPlan, ports: RotationPorts) {
    const server = ports.servers[loginKindOf(plan)];
    if (!server) throw new UnknownSecretKind(plan.secretName, plan.kind, Object.keys(ports.servers));
    this.#plan = plan;
    this.#ports = ports;
    this.#server = server;
  }

  async check(current: SecretValue, previous: SecretValue | undefined): Promise<void> {
    const fields = this.#fieldsOf(current);
    const superuser = await this.#superuser(fields);
    if (!superuser) {
      await this.#whoOpens(fields.username, [current, previous]);
      return;
    }
    if (!(await this.#server.canLogIn(superuser.login)))
      throw new SuperuserRefused(this.#plan.secretName, superuser.secret);
  }

  async make(current: SecretValue): Promise<string> {
    const password = await this.#ports.secrets.randomPassword();
    return nextLoginText(this.#fieldsOf(current), password, this.#plan);
  }

  set(versions: RotationVersions, publication: Publication): Promise<void> {
    return this.#plan.users === 'alternating' ? this.#setOther(versions) : this.#setSame(versions, publication);
  }

  async opens(version: SecretValue): Promise<boolean> {
    return this.#server.canLogIn(await this.#loginOf(version));
  }

  userOf(version: SecretValue): string {
    return this.#fieldsOf(version).username;
  }

  async restore(wanted: SecretValue, failed: SecretValue | undefined, publication: Publication): Promise<void> {
    if (await this.opens(wanted)) return publication.publish();
    const next = await this.#loginOf(wanted);
    const current = failed && (await this.#loginOf(failed));
    if (current && current.user !== next.user) {
      const superuser = await this.#superuserNeeded(this.#fieldsOf(wanted));
      await this.#server.prepareUser({ superuser, current, next });
      return publication.publish();
    }
    const by = await this.#whoSets(wanted, [failed]);
    await this.#change(by, current ?? next, next, publication);
  }

  /** The user in use is left alone: a late delivery finds its version in use, and changes nothing. */
  async #setOther({ pending, current, published }: RotationVersions): Promise<void> {
    if (published) return;
    const former = await this.#loginOf(current);
    const next = await this.#loginOf(pending);
    this.#demandUser(pending, otherUser(former.user));
    const superuser = await this.#superuserNeeded(this.#fieldsOf(current));
    await this.#server.prepareUser({ superuser, current: former, next });
  }

  async #setSame({ pending, current, previous, published }: RotationVersions, publication: Publication): Promise<void> {
    const former = await this.#loginOf(current);
    this.#demandUser(pending, former.user);
    if (await this.opens(pending)) return publication.publish();
    const by = await this.#whoSets(current, published ? [current] : [current, previous]);
    await this.#change(by, former, await this.#loginOf(pending), publication);
  }

  /**
   * Published and set, or neither: only the server knows which, when its answer or Secrets Manager's was lost. Where it can't be
   * asked either, a later delivery or the watchdog finds out.
   */
  async #change(by: ServerLogin, current: ServerLogin, next: ServerLogin, publication: Publication): Promise<void> {
    let published = false;
    const publish = async (): Promise<void> => {
      await publication.publish();
      published = true;
    };
    try {
      await this.#server.changePassword({ by, current, next, publish });
    } catch (error) {
      const opens = await this.#server.canLogIn(next).catch(() => undefined);
      if (opens === undefined) throw error;
      if (opens) return published ? undefined : publication.publish();
      if (published) await publication.takeBack();
      throw error;
    }
  }

  #demandUser(pending: SecretValue, expected: string): void {
    if (this.userOf(pending) === expected) return;
    const found = `is of the user '${this.userOf(pending)}', while after AWSCURRENT comes '${expected}'`;
    throw new RotationNotPending(this.#plan.secretName, pending.versionId, found);
  }

  /** The superuser, or else the user itself with one of these versions. Throws LoginRefused. */
  async #whoSets(of: SecretValue, versions: readonly (SecretValue | undefined)[]): Promise<ServerLogin> {
    const fields = this.#fieldsOf(of);
    const superuser = await this.#superuser(fields);
    return superuser?.login ?? this.#whoOpens(fields.username, versions);
  }

  async #whoOpens(user: string, versions: readonly (SecretValue | undefined)[]): Promise<ServerLogin> {
    for (const version of versions) {
      if (!version || this.userOf(version) !== user) continue;
      const login = await this.#loginOf(version);
      if (await this.#server.canLogIn(login)) return login;
    }
    throw new LoginRefused(this.#plan.secretName, user);
  }

  async #superuserNeeded(fields: LoginFields): Promise<ServerLogin> {
    const superuser = await this.#superuser(fields);
    if (!superuser) throw new SuperuserSecretMissing(this.#plan.secretName, undefined);
    return superuser.login;
  }

  /**
   * The superuser of the server that the fields name; undefined where none is named and none needed. Both secrets are compared as
   * they stand: copies in another region both name the first region's server, until a failover writes its own into them.
   */
  async #superuser(fields: LoginFields): Promise<{ readonly secret: string; readonly login: ServerLogin } | undefined> {
    const { secretName, superuserSecretName, users } = this.#plan;
    const secret = superuserSecretName ?? fields.masterarn;
    if (secret === undefined) {
      if (users === 'alternating') throw new SuperuserSecretMissing(secretName, undefined);
      return undefined;
    }
    const version = await this.#ports.secrets.read(secret, { stage: versionStages.current });
    if (!version) throw new SuperuserSecretMissing(secretName, secret);
    const found = loginFieldsOf(secret, version, loginKindOf(this.#plan));
    const here = await this.#endpoint();
    const [mine, theirs, ours] = [fields, found, here].map((server) => server && `${server.host}:${server.port}`);
    if (theirs !== mine && theirs !== ours) throw new SuperuserElsewhere(secretName, `${mine}`, secret, `${theirs}`);
    return { secret, login: loginOf(found, here) };
  }

  #fieldsOf(version: SecretValue): LoginFields {
    return loginFieldsOf(this.#plan.secretName, version, loginKindOf(this.#plan));
  }

  async #loginOf(version: SecretValue): Promise<ServerLogin> {
    return loginOf(this.#fieldsOf(version), await this.#endpoint());
  }

  /** Where the server answers in this region, read once; undefined: where the secret says. */
  async #endpoint(): Promise<Endpoint | undefined> {
    const { endpointParameter } = this.#plan;
    if (endpointParameter === undefined) return undefined;
    this.#here ??= this.#ports.parameters.read(endpointParameter).then((text) => endpointOf(endpointParameter, text));
    return this.#here;
  }
}
