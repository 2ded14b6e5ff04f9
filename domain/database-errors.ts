/** What can go wrong between a function of ours and a database. No workflow catches them: a deployment shows them. */

/** A secret does not say how to log in. */
export class UnusableLogin extends Error {
  override readonly name = 'UnusableLogin';
  constructor(secret: string, violations: string) {
    super(
      `The secret '${secret}' does not say how to log in: ${violations}. The database's stack writes engine, host and port into it, ` +
        "the secrets' stack the rest: deploy both again instead of editing it.",
    );
  }
}

/** The database took no connection or ended it. Trying later may be right. */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';
  /** SQLSTATE, or the system's code such as ECONNREFUSED; absent where neither was given. */
  readonly code?: string;
  constructor(host: string, what: string, code?: string) {
    super(
      `The database at ${host} did not answer: ${what}. If it stays so, look at the instance's events: aws rds describe-events.`,
    );
    if (code) this.code = code;
  }
}

/** The database refused the login or a statement. Trying again changes nothing. */
export class DatabaseRefused extends Error {
  override readonly name = 'DatabaseRefused';
  /** PostgreSQL's SQLSTATE. https://www.postgresql.org/docs/current/errcodes-appendix.html */
  readonly sqlState: string;
  constructor(host: string, what: string, sqlState: string) {
    super(
      `The database at ${host} refused: ${what} (SQLSTATE ${sqlState}). Compare the user's rights and secret with what prepare-database makes; ` +
        "deploying the database's stack with a change of its users makes them again.",
    );
    this.sqlState = sqlState;
  }
}

/** A parameter that the stacks write is not there. */
export class UndeployedParameter extends Error {
  override readonly name = 'UndeployedParameter';
  constructor(parameter: string) {
    super(
      `The parameter '${parameter}' is not there. The stack of the databases or of the backups of this region writes it: deploy it again.`,
    );
  }
}

/** How `database-failover` ends where the database does not answer in its time; its cause says what was seen last. */
export class DatabaseDown extends Error {
  override readonly name = 'DatabaseDown';
  constructor(database: string, why: string) {
    super(
      `The database '${database}' does not answer: ${why} Allowed is a database that writes and reads its heartbeat. It was told to move, or is moving. Look at its ` +
        "events (aws rds describe-events), and start region-failover in the standby where it doesn't come back.",
    );
  }
}
