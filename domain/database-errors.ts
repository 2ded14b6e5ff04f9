/** What can go wrong between a function of ours and a database. No workflow catches them: a schedule's alarm or a deployment shows them. */

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
  constructor(host: string, what: string) {
    super(
      `The database at ${host} did not answer: ${what}. If it stays so, look at the instance's events: aws rds describe-events.`,
    );
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

/** There is no heartbeat row to move. */
export class HeartbeatNotPrepared extends Error {
  override readonly name = 'HeartbeatNotPrepared';
  constructor() {
    super("The heartbeat's table has no row. prepare-database makes it: deploy the database's stack again.");
  }
}
