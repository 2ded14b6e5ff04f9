import { parseArgs } from 'node:util';
import { type RotationPlan, rotationSteps } from '../domain/rotation.ts';
import type { LoginServer, ServerLogin } from '../lambdas/ports/rotation.ts';
import { postgresServer } from '../lambdas/postgres/login-server.ts';
import { rotate } from '../lambdas/rotation/steps.ts';
import { World } from '../test/lambdas/rotation/world.ts';
import { plainSessions, RealServer } from '../test/postgres/server.ts';

/*
 * node bench/rotation.ts [--rotations 1000] [--seconds 170]
 * Rotations on a real PostgreSQL while consumers log in all the time; a consumer reads its secret anew when it is denied, and when the
 * rollout restarts it. Promised: two users that take turns, no login denied; a single user, at most a second a rotation. Secrets Manager is a
 * store in this process whose moves of AWSCURRENT take 20 ms, and its reads 5.
 */
const { values } = parseArgs({
  options: { rotations: { type: 'string', default: '1000' }, seconds: { type: 'string', default: '170' } },
});
const rotations = Number(values.rotations);
const endsAt = performance.now() + Number(values.seconds) * 1000;
/** Assumed, as of most calls in one region. */
const moveMilliseconds = 20;
const readMilliseconds = 5;
/** So that the consumers leave the machine some time for rotations; every denial is longer. */
const betweenLoginsMilliseconds = 5;
/** Secrets of each kind, rotated side by side on the same server. */
const pairs = 2;

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Logs in all the time. */
class Consumer {
  logins = 0;
  denied = 0;
  readonly deniedMilliseconds: number[] = [];
  readonly #server: LoginServer;
  readonly #read: () => Promise<ServerLogin>;
  #stopped = false;
  #restart: (() => void) | undefined;

  constructor(server: LoginServer, read: () => Promise<ServerLogin>) {
    this.#server = server;
    this.#read = read;
  }

  async run(): Promise<void> {
    let login = await this.#read();
    let deniedSince: number | undefined;
    while (!this.#stopped) {
      const began = performance.now();
      const opens = await this.#server.canLogIn(login);
      this.logins++;
      if (!opens) {
        this.denied++;
        deniedSince ??= began;
        login = await this.#read();
      } else if (deniedSince !== undefined) {
        this.deniedMilliseconds.push(performance.now() - deniedSince);
        deniedSince = undefined;
      }
      await pause(betweenLoginsMilliseconds);
      if (this.#restart) {
        login = await this.#read();
        this.#restart();
        this.#restart = undefined;
      }
    }
  }

  /** Settles when the consumer has read its secret anew. */
  restarted(): Promise<void> {
    return new Promise((resolve) => {
      this.#restart = resolve;
    });
  }

  stop(): void {
    this.#stopped = true;
  }
}

/** One secret that rotates under a consumer's logins. Answers the consumer and how many rotations there were. */
async function rotated(real: RealServer, users: RotationPlan['users'], name: string, count: number) {
  const server = postgresServer(plainSessions);
  const world = new World();
  const plan: RotationPlan = {
    environment: 'bench',
    secret: name,
    secretName: `mainstay/bench/secrets/${name}`,
    kind: 'postgres',
    users,
    everyDays: 30,
    consumers: [],
    overlapSeconds: 0,
    ...(users === 'alternating' ? { superuserSecretName: 'master' } : {}),
  };
  const common = { engine: 'postgres', host: '127.0.0.1', port: real.port, dbname: 'shop' };
  world.plan(plan);
  world.put('master', { ...common, username: real.superuser.user, password: real.superuser.password });
  world.put(plan.secretName, { ...common, username: name, password: 'first' });
  await real.run(real.superuser, `CREATE ROLE ${name} LOGIN PASSWORD 'first'`);
  const consumer = new Consumer(server, async () => {
    await pause(readMilliseconds);
    const value = world.valueAt(plan.secretName, 'AWSCURRENT') ?? {};
    return real.login(String(value['username']), String(value['password']));
  });
  const { moveStage } = world.secretVersions;
  const ports = {
    ...world.ports(),
    servers: { postgres: server },
    secrets: {
      ...world.secretVersions,
      moveStage: async (...given: Parameters<typeof moveStage>) => {
        await pause(moveMilliseconds);
        await moveStage(...given);
      },
    },
    // A rollout restarts the consumers, and holds the next rotation up until it has.
    rollouts: {
      start: () => (users === 'alternating' ? consumer.restarted() : Promise.resolve()),
      statusOf: async () => undefined,
    },
  };
  const running = consumer.run();
  let done = 0;
  for (; done < count && performance.now() < endsAt; done++) {
    const token = `${name}-${done}`.padEnd(36, '-');
    world.announce(plan.secretName, token);
    for (const Step of rotationSteps) {
      const event = { Step, SecretId: plan.secretName, ClientRequestToken: token };
      await rotate(event, { environment: 'bench', secret: name, kinds: ['postgres'] }, ports);
    }
    world.claims = [];
  }
  consumer.stop();
  await running;
  return { consumer, done };
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

const real = await RealServer.start();
let holds = true;
try {
  for (const users of ['alternating', 'single'] as const) {
    const began = performance.now();
    const names = Array.from({ length: pairs }, (_, index) => `${users}_${index}`);
    const runs = await Promise.all(names.map((name) => rotated(real, users, name, Math.ceil(rotations / pairs))));
    const done = runs.reduce((sum, run) => sum + run.done, 0);
    const logins = runs.reduce((sum, { consumer }) => sum + consumer.logins, 0);
    const denied = runs.reduce((sum, { consumer }) => sum + consumer.denied, 0);
    const times = runs.flatMap(({ consumer }) => consumer.deniedMilliseconds).sort((a, b) => a - b);
    const longest = times.at(-1) ?? 0;
    if (done < rotations || (users === 'alternating' ? denied > 0 : longest > 1000)) holds = false;
    process.stdout.write(
      [
        `${users}: ${done} rotations in ${((performance.now() - began) / 1000).toFixed(0)} s under ${logins} logins, ${denied} denied`,
        ...(users === 'single'
          ? [
              `  denied milliseconds a rotation: median ${quantile(times, 0.5).toFixed(0)}, 99 % ${quantile(times, 0.99).toFixed(0)}, longest ${longest.toFixed(0)} (promised 1000)`,
            ]
          : []),
        '',
      ].join('\n'),
    );
  }
} finally {
  await real.stop();
}
process.exitCode = holds ? 0 : 1;
