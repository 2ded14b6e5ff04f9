import { chmodSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerLogin } from '../../lambdas/ports/rotation.ts';
import { RabbitmqManagement } from '../../lambdas/rabbitmq/management.ts';
import { makeCertificate } from './certificates.ts';
import { freePort, handOver, programOf, removeFolder, ServiceProcess, serviceFolder } from './service.ts';

/** A real RabbitMQ with its management plugin, both over TLS, for one test file. */
export class RabbitMq {
  readonly port: number;
  readonly managementPort: number;
  readonly ca: string;
  readonly superuser: ServerLogin;
  readonly #folder: string;
  readonly #processes: readonly ServiceProcess[];

  private constructor(
    ports: { readonly amqp: number; readonly management: number },
    ca: string,
    folder: string,
    processes: readonly ServiceProcess[],
  ) {
    this.port = ports.amqp;
    this.managementPort = ports.management;
    this.ca = ca;
    this.#folder = folder;
    this.#processes = processes;
    this.superuser = this.login('mainstay_master', 'hush-master');
  }

  static async start(): Promise<RabbitMq> {
    const folder = serviceFolder('rabbitmq');
    const certificate = makeCertificate(folder);
    const ports = { amqp: await freePort(), management: await freePort(), names: await freePort() };
    const files = {
      'rabbitmq.conf': [
        'listeners.tcp = none',
        `listeners.ssl.1 = 127.0.0.1:${ports.amqp}`,
        `ssl_options.cacertfile = ${certificate.authority}`,
        `ssl_options.certfile = ${certificate.certificate}`,
        `ssl_options.keyfile = ${certificate.key}`,
        'management.ssl.ip = 127.0.0.1',
        `management.ssl.port = ${ports.management}`,
        `management.ssl.cacertfile = ${certificate.authority}`,
        `management.ssl.certfile = ${certificate.certificate}`,
        `management.ssl.keyfile = ${certificate.key}`,
        'default_user = mainstay_master',
        'default_pass = hush-master',
        'default_user_tags.administrator = true',
        'loopback_users = none',
        'log.file = server.log',
        'log.file.level = debug',
      ].join('\n'),
      plugins: '[rabbitmq_management].\n',
    };
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(folder, name), `${text}\n`);
      chmodSync(join(folder, name), 0o644);
    }
    mkdirSync(join(folder, 'log'));
    handOver(join(folder, 'log'));
    const environment = {
      HOME: folder,
      RABBITMQ_NODENAME: `mainstay-${ports.amqp}@localhost`,
      RABBITMQ_DIST_PORT: String(await freePort()),
      RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
      RABBITMQ_CONF_ENV_FILE: join(folder, 'none'),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
      RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
      RABBITMQ_LOG_BASE: join(folder, 'log'),
      RABBITMQ_PID_FILE: join(folder, 'pid'),
      // Erlang's daemon of names outlives a node unless it is ours.
      ERL_EPMD_PORT: String(ports.names),
      ERL_EPMD_ADDRESS: '127.0.0.1',
    };
    const names = new ServiceProcess(`${programOf('epmd')}`, [], folder, environment);
    await names.untilListening(ports.names);
    const server = new ServiceProcess(serverProgram(), [], folder, environment);
    const processes = [server, names];
    try {
      await server.untilListening(ports.amqp);
      await server.untilListening(ports.management);
    } catch (error) {
      for (const process of processes) await process.stop();
      throw error;
    }
    return new RabbitMq(ports, certificate.authorityText, folder, processes);
  }

  login(user: string, password: string): ServerLogin {
    return { host: 'localhost', port: this.port, user, password };
  }

  management(login: ServerLogin = this.superuser): RabbitmqManagement {
    return new RabbitmqManagement({ ...login, port: this.managementPort }, { ca: this.ca });
  }

  log(): string {
    return readFileSync(join(this.#folder, 'log', 'server.log'), 'utf8');
  }

  async stop(): Promise<void> {
    for (const process of this.#processes) await process.stop();
    removeFolder(this.#folder);
  }
}

/** Not Debian's wrapper, which wants to be root or `rabbitmq`. */
export function serverProgram(): string {
  return globSync('/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server')[0] ?? 'rabbitmq-server';
}
