/** An error as PostgreSQL reports it. https://www.postgresql.org/docs/current/errcodes-appendix.html */
export class SqlError extends Error {
  override readonly name = 'SqlError';
  readonly sqlState: string;

  constructor(sqlState: string, message: string) {
    super(message);
    this.sqlState = sqlState;
  }
}
