import type { Kernel } from '../kernel/kernel.ts';
import { checkCondition, checkedKey, conditionOf, deleteItem, putItem, updateItem } from './dynamodb-operations.ts';
import { Placeholders } from './dynamodb-scanner.ts';
import type { Table, Tables } from './dynamodb-tables.ts';
import { type Item, validation } from './dynamodb-values.ts';
import { AwsError, type OperationInput, Unmodelled } from './service.ts';

/** 'up to 100 actions', https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html */
const actionsMax = 100;
/** 'a client request token is valid for 10 minutes', the same page. */
const tokenMilliseconds = 10 * 60_000;

const rights = {
  Put: 'dynamodb:PutItem',
  Update: 'dynamodb:UpdateItem',
  Delete: 'dynamodb:DeleteItem',
  ConditionCheck: 'dynamodb:ConditionCheckItem',
} as const;
type Kind = keyof typeof rights;

const conditionMembers = [
  'TableName',
  'ConditionExpression',
  'ExpressionAttributeNames',
  'ExpressionAttributeValues',
  'ReturnValuesOnConditionCheckFailure',
];
const membersOf: Readonly<Record<Kind, readonly string[]>> = {
  Put: [...conditionMembers, 'Item'],
  Update: [...conditionMembers, 'Key', 'UpdateExpression'],
  Delete: [...conditionMembers, 'Key'],
  ConditionCheck: [...conditionMembers, 'Key'],
};

interface Action {
  readonly kind: Kind;
  readonly right: (typeof rights)[Kind];
  readonly action: OperationInput;
}

/** What a transaction does, one by one. Throws AwsError ValidationException, Unmodelled. */
export function actionsOf(input: OperationInput): Action[] {
  const items = (input['TransactItems'] ?? []) as OperationInput[];
  if (items.length === 0 || items.length > actionsMax) {
    throw validation(`TransactItems holds ${items.length} actions; 1 to ${actionsMax} are allowed.`);
  }
  return items.map((item): Action => {
    const [kind, ...others] = Object.keys(item) as Kind[];
    if (kind === undefined || others.length > 0 || !(kind in rights)) {
      throw validation('TransactItems can only contain one of ConditionCheck, Put, Update or Delete');
    }
    const action = item[kind] as OperationInput;
    const unknown = Object.keys(action).find((member) => !membersOf[kind].includes(member));
    if (unknown) throw new Unmodelled(`${unknown} of ${kind} in dynamodb:TransactWriteItems is not modelled.`);
    return { kind, right: rights[kind], action };
  });
}

/** All actions or none, in one instant: two transactions of a rehearsal never meet, so none is cancelled for a conflict. */
export class Transactions {
  readonly #tables: Tables;
  readonly #kernel: Kernel;
  readonly #done = new Map<string, { readonly actions: string; readonly at: number }>();

  constructor(tables: Tables, kernel: Kernel) {
    this.#tables = tables;
    this.#kernel = kernel;
  }

  /** Throws AwsError TransactionCanceledException with a reason for each action, IdempotentParameterMismatchException. */
  write(region: string, input: OperationInput): OperationInput {
    const actions = actionsOf(input);
    if (this.#wasDone(region, input)) return {};
    const places = actions.map(({ kind, action }) => this.#placeOf(region, kind, action));
    const keys = places.map(({ table, key }) => `${table.definition.name} ${table.keyText(key)}`);
    if (new Set(keys).size < keys.length) {
      throw validation('Transaction request cannot include multiple operations on one item');
    }
    const reasons = actions.map(({ action }, index) => reasonAgainst(action, places[index]));
    if (reasons.some(({ Code }) => Code !== 'None')) {
      const codes = reasons.map(({ Code }) => Code).join(', ');
      throw new AwsError(
        'TransactionCanceledException',
        `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
        400,
        { CancellationReasons: reasons },
      );
    }
    for (const { kind, action } of actions) {
      if (kind === 'Put') putItem(this.#tables, region, action);
      if (kind === 'Update') updateItem(this.#tables, region, action);
      if (kind === 'Delete') deleteItem(this.#tables, region, action);
    }
    const token = input['ClientRequestToken'];
    if (token !== undefined) {
      const done = { actions: JSON.stringify(input['TransactItems']), at: this.#kernel.now() };
      this.#done.set(`${region} ${token}`, done);
    }
    return {};
  }

  #placeOf(region: string, kind: Kind, action: OperationInput): { table: Table; key: Item } {
    const table = this.#tables.require(region, action['TableName']);
    return { table, key: kind === 'Put' ? table.keyOf(action['Item']) : checkedKey(table, action['Key']) };
  }

  #wasDone(region: string, input: OperationInput): boolean {
    const token = input['ClientRequestToken'];
    if (token === undefined) return false;
    const name = `${region} ${token}`;
    const now = this.#kernel.now();
    const before = this.#done.get(name);
    const actions = JSON.stringify(input['TransactItems']);
    if (!before || now - before.at > tokenMilliseconds) return false;
    if (before.actions === actions) return true;
    throw new AwsError('IdempotentParameterMismatchException', 'The token was used with other parameters.');
  }
}

interface Reason {
  readonly Code: string;
  readonly Message?: string;
  readonly Item?: Item;
}

function reasonAgainst(action: OperationInput, place: { table: Table; key: Item } | undefined): Reason {
  const placeholders = new Placeholders(action);
  try {
    // The placeholders of an update's expression are used later.
    checkCondition(conditionOf(action, placeholders), place?.table.get(place.key), action);
    return { Code: 'None' };
  } catch (error) {
    if (!(error instanceof AwsError) || error.name !== 'ConditionalCheckFailedException') throw error;
    const item = error.fields['Item'] as Item | undefined;
    return { Code: 'ConditionalCheckFailed', Message: error.message, ...(item ? { Item: item } : {}) };
  }
}
