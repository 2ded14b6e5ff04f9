import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mysqlSessionsWith, type WithMysqlSession } from '../../lambdas/mysql/session.ts';
import type { ServerLogin } from '../../lambdas/ports/rotation.ts';
import { makeCertificate } from './certificates.ts';
import { freePort, programOf, removeFolder, runToEnd, ServiceProcess, serviceFolder } from './service.ts';

/** A real MariaDB with TLS for one test file, with a master like RDS's, and a log of every statement. */
export class MariaDb {
  readonly port: number;
  readonly ca: string;
  readonly sessions: WithMysqlSession;
  readonly superuser: ServerLogin;
  readonly #folder: string;
  readonly #process: ServiceProcess;

  private constructor(port: number, ca: string, folder: string, sessions: WithMysqlSession, process: ServiceProcess) {
    this.ca = ca;
    this.port = port;
    this.sessions = sessions;
    this.#folder = folder;
    this.#process = process;
    this.superuser = this.login('mainstay_master', 'hush-master');
  }

  static async start(): Promise<MariaDb> {
    const [install, daemon] = ['mariadb-install-db', 'mariadbd'].map((name) => programOf(name) ?? name);
    const folder = serviceFolder('mariadb');
    const data = join(folder, 'data');
    const certificate = makeCertificate(folder);
    const initial = join(folder, 'initial.sql');
    // RDS's master has no SUPER: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.MasterAccounts.html
    writeFileSync(
      initial,
      [
        'CREATE DATABASE shop;',
        'CREATE DATABASE ledger;',
        "CREATE USER rdsadmin@'%' IDENTIFIED BY 'rdsadmin';",
        "GRANT ALL ON *.* TO rdsadmin@'%' WITH GRANT OPTION;",
        "CREATE USER mainstay_master@'%' IDENTIFIED BY 'hush-master' REQUIRE SSL;",
        'GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, SHOW DATABASES, CREATE TEMPORARY TABLES, ' +
          'LOCK TABLES, EXECUTE, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, CREATE USER, EVENT, TRIGGER ' +
          "ON *.* TO mainstay_master@'%' WITH GRANT OPTION;",
      ].join('\n'),
    );
    chmodSync(initial, 0o644);
    const common = ['--no-defaults', `--datadir=${data}`];
    runToEnd(`${install}`, [...common, '--auth-root-authentication-method=normal', '--skip-test-db']);
    const port = await freePort();
    const process = new ServiceProcess(
      `${daemon}`,
      [
        ...common,
        `--socket=${join(folder, 'socket')}`,
        `--pid-file=${join(folder, 'pid')}`,
        '--bind-address=127.0.0.1',
        `--port=${port}`,
        '--skip-name-resolve',
        `--init-file=${initial}`,
        `--ssl-ca=${certificate.authority}`,
        `--ssl-cert=${certificate.certificate}`,
        `--ssl-key=${certificate.key}`,
        '--general-log=1',
        `--general-log-file=${join(folder, 'general.log')}`,
        '--innodb-buffer-pool-size=16M',
        '--innodb-flush-method=nosync',
      ],
      folder,
    );
    await process.untilListening(port).catch(async (error: unknown) => {
      await process.stop();
      throw error;
    });
    const sessions = mysqlSessionsWith({
      ca: certificate.authorityText,
      rejectUnauthorized: true,
      verifyIdentity: true,
      minVersion: 'TLSv1.2',
    });
    return new MariaDb(port, certificate.authorityText, folder, sessions, process);
  }

  login(user: string, password: string): ServerLogin {
    return { host: 'localhost', port: this.port, user, password };
  }

  /** Rows of the last statement, by the master unless somebody else is named. */
  run(statements: readonly string[], by: ServerLogin = this.superuser) {
    return this.sessions(by, async (session) => {
      let rows: readonly Readonly<Record<string, unknown>>[] = [];
      for (const statement of statements) rows = await session.query(statement);
      return rows;
    });
  }

  /** Statements of the server's own superuser, whom nobody has on RDS. */
  asOwner(statements: readonly string[]) {
    return this.run(statements, this.login('rdsadmin', 'rdsadmin'));
  }

  log(): string {
    return readFileSync(join(this.#folder, 'general.log'), 'utf8');
  }

  async stop(): Promise<void> {
    await this.#process.stop();
    removeFolder(this.#folder);
  }
}
