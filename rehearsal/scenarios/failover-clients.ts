import { databaseInstanceName, masterSecretName } from '../../domain/databases.ts';
import { otherUser } from '../../domain/rotation.ts';
import type { Rds } from '../aws/rds.ts';
import type { DatabaseInstanceState } from '../aws/rds-instances.ts';
import type { SecretsManager } from '../aws/secretsmanager.ts';
import { writesTable } from '../postgres/application.ts';
import { ApplicationSession, type LoginOutcome } from '../postgres/login.ts';
import type { Rehearsal } from '../rehearsal.ts';

/** A write that a client was told to be kept. */
export interface AcknowledgedWrite {
  readonly row: string;
  readonly region: string;
  readonly at: number;
}

/** A worker writes each second over one connection; the API logs in anew for each write, as one behind a pool that has just been emptied would. */
const writers = [
  { name: 'worker', everyMilliseconds: 1_000, keepsSession: true },
  { name: 'api', everyMilliseconds: 2_000, keepsSession: false },
] as const;
type Writer = (typeof writers)[number];

/** From a commit to the answer at the client. Assumed. */
const answerMilliseconds = 1;

interface LoginText {
  readonly host: string;
  readonly port: number | string;
  readonly username: string;
  readonly password: string;
  readonly dbname?: string;
}

/**
 * The application in both regions, which tries to write all the while, whatever anybody thinks of the region: with the secret that stands there, at
 * the host that stands in it. Every write that was acknowledged is kept, to be looked for at the end.
 */
export class FailoverClients {
  readonly acknowledged: AcknowledgedWrite[] = [];
  readonly #rehearsal: Rehearsal;
  readonly #environment: string;
  readonly #database: string;
  /** In Secrets Manager. */
  readonly secretName: string;
  readonly #sessions = new Map<
    string,
    { readonly session: ApplicationSession; readonly instance: DatabaseInstanceState }
  >();
  readonly #lastRegion = new Map<string, string>();
  #count = 0;
  #stopped = false;

  constructor(options: {
    readonly rehearsal: Rehearsal;
    readonly environment: string;
    readonly database: string;
    readonly secretName: string;
  }) {
    this.#rehearsal = options.rehearsal;
    this.#environment = options.environment;
    this.#database = options.database;
    this.secretName = options.secretName;
  }

  /** Users in the server that the applications log in with, whichever of a pair is current. */
  users(region: string): readonly string[] {
    const username = this.#login(region)?.username;
    return username === undefined ? [] : [username, otherUser(username)];
  }

  start(regions: readonly string[]): void {
    const { kernel } = this.#rehearsal;
    for (const region of regions) {
      for (const [index, writer] of writers.entries()) {
        kernel.within(region, () => {
          kernel.after(index * 370, `${writer.name} writes`, () => this.#keepWriting(region, writer));
        });
      }
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const { session } of this.#sessions.values()) session.close();
  }

  /** Instances to which an application holds an open connection. */
  connectedTo(): readonly DatabaseInstanceState[] {
    return [...this.#sessions.values()].filter(({ session }) => session.open).map(({ instance }) => instance);
  }

  /** The first acknowledged write of the region from then on. */
  firstIn(region: string, since: number): AcknowledgedWrite | undefined {
    return this.acknowledged.find((write) => write.region === region && write.at >= since);
  }

  /** What a person with the master's password runs at the database of a region. Throws RangeError if it does not take it. */
  async asMaster(region: string, text: string): Promise<void> {
    const { name, instance } = this.#here(region);
    const { store } = this.#rehearsal.account.service<SecretsManager>('secretsmanager');
    const secret = store.require(region, masterSecretName(this.#environment, this.#database)).current;
    const master = JSON.parse(secret.text ?? '{}') as LoginText;
    const session = new ApplicationSession(this.#rehearsal.kernel);
    const entered = await this.#enter(
      session,
      { ...master, host: instance.host, dbname: instance.model.name },
      region,
      instance,
    );
    const outcome = entered === 'in' ? await session.run(text) : entered;
    session.close();
    if (outcome !== 'done') throw new RangeError(`${name} in ${region} did not take it: ${outcome}`);
  }

  /** A row that somebody writes there with other rights than the application's. */
  writtenByHand(region: string): void {
    const { instance } = this.#here(region);
    const row = `${region} by hand ${this.#count++}`;
    instance.model.insert(writesTable, row);
    this.acknowledged.push({ row, region: `${region}, by hand`, at: this.#rehearsal.kernel.now() });
  }

  #here(region: string): { readonly name: string; readonly instance: DatabaseInstanceState } {
    const name = databaseInstanceName(this.#environment, this.#database);
    const instance = this.#rds.instance(region, name);
    if (!instance) throw new RangeError(`There is no ${name} in ${region}.`);
    return { name, instance };
  }

  get #rds(): Rds {
    return this.#rehearsal.account.service<Rds>('rds');
  }

  #login(region: string): LoginText | undefined {
    const { store } = this.#rehearsal.account.service<SecretsManager>('secretsmanager');
    const { text } = store.require(region, this.secretName).current;
    return text === undefined ? undefined : (JSON.parse(text) as LoginText);
  }

  async #keepWriting(region: string, writer: Writer): Promise<void> {
    if (this.#stopped) return;
    const { kernel } = this.#rehearsal;
    const began = kernel.now();
    await this.#write(region, writer);
    const rest = Math.max(0, began + writer.everyMilliseconds - kernel.now());
    kernel.after(rest, `${writer.name} writes`, () => this.#keepWriting(region, writer));
  }

  async #write(region: string, { name, keepsSession }: Writer): Promise<void> {
    const key = `${region}/${name}`;
    const held = this.#sessions.get(key);
    const connected = held?.session.open ? held : await this.#connect(region, name);
    if (!connected) return;
    this.#sessions.set(key, connected);
    const row = `${region} ${name} ${this.#count++}`;
    if (await this.#commit(connected, row)) this.#acknowledge(row, region);
    if (!keepsSession) connected.session.close();
  }

  #acknowledge(row: string, region: string): void {
    const { kernel, log } = this.#rehearsal;
    this.acknowledged.push({ row, region, at: kernel.now() });
    if (this.#lastRegion.get(this.#database) === region) return;
    this.#lastRegion.set(this.#database, region);
    log.write('writes.begun', { database: this.#database, region });
  }

  async #connect(region: string, name: string) {
    const { kernel } = this.#rehearsal;
    const login = this.#login(region);
    const instance = this.#rds.instances.find(({ host }) => host === login?.host);
    const here = this.#rds.instance(region, databaseInstanceName(this.#environment, this.#database));
    if (!login || !instance || !here) return undefined;
    const session = new ApplicationSession(kernel);
    const outcome = await this.#enter(session, login, region, here, name);
    return outcome === 'in' ? { session, instance } : undefined;
  }

  #enter(
    session: ApplicationSession,
    { host, port, username, password, dbname }: LoginText,
    region: string,
    { vpcId }: DatabaseInstanceState,
    name = 'a person',
  ): Promise<LoginOutcome> {
    const { network, account } = this.#rehearsal;
    const login = { host, port: Number(port), user: username, password, database: dbname ?? username };
    const nonce = account.nextId('login-nonce', 'hex16');
    return session.connect(network, login, { source: { functionName: name, region, vpcId }, nonce });
  }

  /** Whether the client was told that it is kept. */
  async #commit(
    { session, instance }: { readonly session: ApplicationSession; readonly instance: DatabaseInstanceState },
    row: string,
  ): Promise<boolean> {
    const { kernel } = this.#rehearsal;
    if (instance.real) return (await session.run(`INSERT INTO ${writesTable} VALUES ('${row}')`)) === 'done';
    // The modelled server knows no statement of applications: whether it still listens to this one is asked, and the row is put there.
    if ((await session.run('SELECT now() AS now')) !== 'done') return false;
    // A replica only reads.
    if (instance.replicaOf !== undefined || instance.outage !== undefined) return false;
    instance.model.insert(writesTable, row);
    await kernel.sleep(answerMilliseconds, 'an answer');
    // The answer of a host that is gone meanwhile never comes.
    return session.open && instance.outage === undefined;
  }
}
