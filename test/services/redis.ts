import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerLogin } from '../../lambdas/ports/rotation.ts';
import { type RedisAnswer, redisSessionsWith, type WithRedisSession } from '../../lambdas/redis/session.ts';
import { makeCertificate } from './certificates.ts';
import { freePort, programOf, removeFolder, ServiceProcess, serviceFolder } from './service.ts';

/** A real Redis with TLS and a file of users for one test file. */
export class Redis {
  readonly port: number;
  readonly sessions: WithRedisSession;
  readonly superuser: ServerLogin;
  readonly #folder: string;
  readonly #process: ServiceProcess;

  private constructor(port: number, folder: string, sessions: WithRedisSession, process: ServiceProcess) {
    this.port = port;
    this.sessions = sessions;
    this.#folder = folder;
    this.#process = process;
    this.superuser = this.login('mainstay_master', 'hush-master');
  }

  /** `keeps`: with a file of users. */
  static async start({ keeps = true } = {}): Promise<Redis> {
    const folder = serviceFolder('redis');
    const certificate = makeCertificate(folder);
    const port = await freePort();
    const users = join(folder, 'users');
    const superuser = 'user mainstay_master on >hush-master ~* &* +@all';
    const settings = [
      'port 0',
      `tls-port ${port}`,
      'bind 127.0.0.1',
      'tls-auth-clients no',
      `tls-ca-cert-file ${certificate.authority}`,
      `tls-cert-file ${certificate.certificate}`,
      `tls-key-file ${certificate.key}`,
      `dir ${folder}`,
      'save ""',
      'slowlog-log-slower-than 0',
      'user default off',
      ...(keeps ? [`aclfile ${users}`] : [superuser]),
    ].filter((line) => !(keeps && line.startsWith('user ')));
    writeFileSync(users, `user default off\n${superuser}\n`);
    chmodSync(users, 0o666);
    writeFileSync(join(folder, 'redis.conf'), `${settings.join('\n')}\n`);
    chmodSync(join(folder, 'redis.conf'), 0o644);
    const process = new ServiceProcess(`${programOf('redis-server')}`, [join(folder, 'redis.conf')], folder);
    await process.untilListening(port).catch(async (error: unknown) => {
      await process.stop();
      throw error;
    });
    return new Redis(port, folder, redisSessionsWith({ ca: certificate.authorityText }), process);
  }

  login(user: string, password: string): ServerLogin {
    return { host: 'localhost', port: this.port, user, password };
  }

  ask(...words: string[]): Promise<RedisAnswer> {
    return this.sessions(this.superuser, (session) => session.ask(...words));
  }

  usersFile(): string {
    return readFileSync(join(this.#folder, 'users'), 'utf8');
  }

  async stop(): Promise<void> {
    await this.#process.stop();
    removeFolder(this.#folder);
  }
}
