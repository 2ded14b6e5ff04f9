import type { MysqlSession } from './session.ts';

/** `user` is known by each host that it may come from; MySQL keeps a password and rights for each. */
export interface Account {
  readonly user: string;
  readonly host: string;
}

/** Written as a text between quotes. Sessions have the empty sql_mode, in which a backslash escapes. */
export function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

export function accountText({ user, host }: Account): string {
  return `${quoted(user)}@${quoted(host)}`;
}

/** Hosts of the user, sorted. MariaDB keeps roles in the same table, without a host. */
export async function hostsOf(session: MysqlSession, user: string): Promise<readonly string[]> {
  const rows = await session.query(`SELECT Host AS host FROM mysql.user WHERE User = ${quoted(user)} AND Host <> ''`);
  return rows.map(({ host }) => String(host)).sort();
}

/** A statement with every text or name in quotes taken out: keywords can be looked for without meeting them inside a name. */
interface Skeleton {
  readonly text: string;
  fill(part: string): string;
  /** The name behind a mark. */
  nameAt(mark: string): string;
}

function skeletonOf(statement: string): Skeleton {
  const taken: string[] = [];
  const text = statement.replaceAll(/'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`]|``)*`/gs, (part) => {
    taken.push(part);
    return `<${taken.length - 1}>`;
  });
  return {
    text,
    fill: (part) => part.replaceAll(/<(\d+)>/g, (_, index) => taken[Number(index)] ?? ''),
    nameAt: (mark) => {
      const part = taken[Number(mark)] ?? '';
      return part.slice(1, -1).replaceAll(part.slice(0, 1).repeat(2), part.slice(0, 1));
    },
  };
}

/** One thing that an account has: `give(to)` is the statement that gives it to another. */
export interface Grant {
  readonly kind: 'grant' | 'revoke' | 'default-role';
  /** Without the account: equal for two accounts that have the same. */
  readonly what: string;
  give(to: Account): string;
}

/**
 * What SHOW GRANTS says of an account. MariaDB shows the password's hash, TLS and limits there as well: they are left out.
 * `unread`: lines that say something else. https://dev.mysql.com/doc/refman/8.4/en/show-grants.html
 * https://mariadb.com/docs/server/reference/sql-statements/administrative-sql-statements/show/show-grants
 */
export async function grantsOf(
  session: MysqlSession,
  account: Account,
): Promise<{ readonly grants: readonly Grant[]; readonly unread: readonly string[] }> {
  const rows = await session.query(`SHOW GRANTS FOR ${accountText(account)}`);
  const grants: Grant[] = [];
  const unread: string[] = [];
  for (const row of rows) {
    const line = String(Object.values(row)[0]);
    const grant = grantOf(line, account);
    if (!grant) unread.push(skeletonOf(line).text);
    // Everybody may log in.
    else if (grant.what !== 'GRANT USAGE ON *.* ') grants.push(grant);
  }
  return { grants, unread };
}

const kinds = { GRANT: 'grant', REVOKE: 'revoke', 'SET DEFAULT ROLE': 'default-role' } as const;

function grantOf(line: string, account: Account): Grant | undefined {
  const { text, fill, nameAt } = skeletonOf(line);
  const match = /^((GRANT|REVOKE|SET DEFAULT ROLE) .*) (TO|FROM|FOR) <(\d+)>@<(\d+)>(.*)$/s.exec(text);
  const [, what = '', verb = '', preposition = '', user = '', host = '', rest = ''] = match ?? [];
  if (!match || nameAt(user) !== account.user || nameAt(host) !== account.host) return undefined;
  const option = /\b(?:GRANT|ADMIN) OPTION\b/.exec(rest)?.[0];
  const after = option === undefined ? '' : `WITH ${option}`;
  return {
    kind: kinds[verb as keyof typeof kinds],
    what: `${fill(what)} ${after}`,
    give: (to) => `${fill(what)} ${preposition} ${accountText(to)} ${after}`.trimEnd(),
  };
}

/** Limits whose absence in SHOW CREATE USER means 0, that is none. */
const limits = ['MAX_QUERIES_PER_HOUR', 'MAX_UPDATES_PER_HOUR', 'MAX_CONNECTIONS_PER_HOUR', 'MAX_USER_CONNECTIONS'];
/** Kept where the server shows them. An account that was expired or locked by hand is not: the other user has to log in. */
const passwordRules = [
  /\bPASSWORD EXPIRE (?:DEFAULT|NEVER|INTERVAL \d+ DAY)/,
  /\bPASSWORD HISTORY (?:DEFAULT|\d+)/,
  /\bPASSWORD REUSE INTERVAL (?:DEFAULT|\d+ DAY)/,
  /\bFAILED_LOGIN_ATTEMPTS \d+/,
  /\bPASSWORD_LOCK_TIME (?:\d+|UNBOUNDED)/,
];

export interface AccountSettings {
  /** Statements that give the same TLS requirement, limits and rules to another account. */
  give(to: Account): readonly string[];
  /** Roles that are active from the login on; in MariaDB SHOW GRANTS has them. */
  giveDefaultRoles(to: Account): readonly string[];
  /** How the account proves who it is, the server's default where it does not say. */
  readonly plugin: string | undefined;
}

/** `account` undefined: who asks. https://dev.mysql.com/doc/refman/8.4/en/show-create-user.html */
export async function settingsOf(session: MysqlSession, account: Account | undefined): Promise<AccountSettings> {
  const of = account ? accountText(account) : 'CURRENT_USER()';
  const [row = {}] = await session.query(`SHOW CREATE USER ${of}`);
  const { text, fill, nameAt } = skeletonOf(String(Object.values(row)[0]));
  const required = /\bREQUIRE (.*?)(?= WITH | PASSWORD| ACCOUNT| FAILED_LOGIN| COMMENT| ATTRIBUTE|$)/s.exec(text)?.[1];
  const limited = limits.map((limit) => `${limit} ${new RegExp(`\\b${limit} (\\d+)`).exec(text)?.[1] ?? 0}`);
  const rules = passwordRules.flatMap((rule) => rule.exec(text)?.[0] ?? []);
  const roles = /\bDEFAULT ROLE (.*?)(?= REQUIRE )/s.exec(text)?.[1];
  const [, mark, named] = /\bIDENTIFIED (?:WITH|VIA) (?:<(\d+)>|(\w+))/.exec(text) ?? [];
  return {
    give: (to) => [
      `ALTER USER ${accountText(to)} REQUIRE ${fill(required ?? 'NONE')} WITH ${limited.join(' ')} ${rules.join(' ')}`.trimEnd(),
    ],
    giveDefaultRoles: (to) =>
      roles === undefined ? [] : [`ALTER USER ${accountText(to)} DEFAULT ROLE ${fill(roles)}`],
    plugin: mark === undefined ? named : nameAt(mark),
  };
}
