import type { PolicyOrigin, Statement } from './policy.ts';

/** One part of a grant: a statement × action pattern × resource pattern. */
export interface GrantedRight {
  readonly roleArn: string;
  readonly origin: PolicyOrigin;
  readonly statement: number;
  /** As written; `NotAction …` where the statement lists exceptions. */
  readonly action: string;
  readonly resource: string;
}

/** Plain JSON of a ledger, to hand over to another process: each grant's key → whether it was used. */
export interface GrantLedgerRecord {
  readonly grants: Readonly<Record<string, boolean>>;
}

/** Records which grants were ever needed. Mergeable over runs: a grant is unused when no run used it. */
export class GrantLedger {
  readonly #grants = new Map<string, boolean>();

  /** Takes up every action × resource of an Allow statement that a role now has. */
  register(roleArn: string, statement: Statement): void {
    if (statement.effect !== 'Allow') return;
    for (const action of actionLabels(statement)) {
      for (const resource of resourceLabels(statement)) {
        const key = grantKey(roleArn, statement, action, resource);
        if (!this.#grants.has(key)) this.#grants.set(key, false);
      }
    }
  }

  /** A request that was allowed matched these patterns of the statement. */
  use(roleArn: string, statement: Statement, actions: readonly string[], resources: readonly string[]): void {
    for (const action of statement.exceptActions ? actionLabels(statement) : actions) {
      for (const resource of statement.exceptResources ? resourceLabels(statement) : resources) {
        const key = grantKey(roleArn, statement, action, resource);
        if (this.#grants.has(key)) this.#grants.set(key, true);
      }
    }
  }

  /** Grants registered and never used, sorted by role, policy and statement. Grants of inert managed policies are left out. */
  unused(): readonly GrantedRight[] {
    return this.#rights(false);
  }

  /** The others, in the same order. */
  used(): readonly GrantedRight[] {
    return this.#rights(true);
  }

  #rights(ever: boolean): readonly GrantedRight[] {
    return [...this.#grants]
      .filter(([, used]) => used === ever)
      .map(([key]) => {
        const [roleArn, stack, logicalId, policy, statement, action, resource] = JSON.parse(key) as [
          string,
          string,
          string,
          string,
          number,
          string,
          string,
        ];
        return { roleArn, origin: { stack, logicalId, policy }, statement, action, resource };
      })
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }

  /** Adds what another run registered and used. */
  merge(other: GrantLedger | GrantLedgerRecord): void {
    const record = other instanceof GrantLedger ? other.toRecord() : other;
    for (const [key, used] of Object.entries(record.grants)) {
      this.#grants.set(key, used || (this.#grants.get(key) ?? false));
    }
  }

  /** Sorted, so that equal ledgers are equal text. */
  toRecord(): GrantLedgerRecord {
    return { grants: Object.fromEntries([...this.#grants].sort(([a], [b]) => (a < b ? -1 : 1))) };
  }
}

function actionLabels(statement: Statement): readonly string[] {
  return statement.exceptActions ? [`NotAction ${statement.actions.join(', ')}`] : statement.actions;
}

function resourceLabels(statement: Statement): readonly string[] {
  return statement.exceptResources ? [`NotResource ${statement.resources.join(', ')}`] : statement.resources;
}

const grantKeys = new WeakMap<Statement, Map<string, string>>();

/** Written once for each grant: a function uses few of them, each call again. */
function grantKey(roleArn: string, statement: Statement, action: string, resource: string): string {
  let keys = grantKeys.get(statement);
  if (!keys) {
    keys = new Map();
    grantKeys.set(statement, keys);
  }
  const grant = `${roleArn}\n${action}\n${resource}`;
  const known = keys.get(grant);
  if (known !== undefined) return known;
  const { stack, logicalId, policy } = statement.origin;
  const key = JSON.stringify([roleArn, stack, logicalId, policy, statement.index, action, resource]);
  keys.set(grant, key);
  return key;
}
