import { itemExpiryDeletionMilliseconds, tableReplicationMilliseconds } from './durations.ts';
import { type AttributeValue, checkItem, type Item, typeOf, validation } from './dynamodb-values.ts';
import { type AccountServices, AwsError } from './service.ts';

/** The attributes that name an item, in a table or an index. */
export interface KeySchema {
  readonly partition: string;
  readonly sort?: string;
}

export interface TableDefinition {
  readonly name: string;
  readonly keys: KeySchema;
  /** Types of the key attributes: S, N or B. */
  readonly attributeTypes: Readonly<Record<string, string>>;
  readonly indexes: ReadonlyMap<string, KeySchema>;
  readonly expiryAttribute?: string;
  /** Regions that hold a copy; the first is the one it was made in. */
  readonly regions: readonly string[];
  /** The customer managed key of each region; none where AWS owns the key. */
  readonly keyArns: Readonly<Record<string, string>>;
}

interface Stored {
  readonly item: Item;
  /** Milliseconds since 1970; the last writer wins between replicas. */
  readonly writtenAt: number;
}

/** The copy of a table in one region. */
export class Table {
  readonly definition: TableDefinition;
  readonly region: string;
  readonly #services: AccountServices;
  readonly #items = new Map<string, Stored>();
  /** When an item that is gone was deleted, so that an older write of another replica does not bring it back. */
  readonly #deletedAt = new Map<string, number>();
  readonly #replicas: Table[] = [];

  constructor(services: AccountServices, definition: TableDefinition, region: string) {
    this.#services = services;
    this.definition = definition;
    this.region = region;
  }

  replicateTo(replica: Table): void {
    this.#replicas.push(replica);
  }

  get(key: Item): Item | undefined {
    return this.#items.get(this.keyText(key))?.item;
  }

  /** All items: by partition, then sort key. */
  items(): Item[] {
    return [...this.#items.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, stored]) => stored.item);
  }

  /** Stores an item whole. Throws AwsError ValidationException. */
  put(item: Item): void {
    checkItem(item);
    this.#write(this.keyText(item), structuredClone(item));
  }

  delete(key: Item): void {
    this.#write(this.keyText(key), undefined);
  }

  /** The key attributes of an item. */
  keyOf(item: Item): Item {
    const { partition, sort } = this.definition.keys;
    return Object.fromEntries(
      [partition, sort].flatMap((name) => (name !== undefined && item[name] ? [[name, item[name]]] : [])),
    );
  }

  /** One text per key. Throws AwsError ValidationException where a key attribute is missing or of another type. */
  keyText(key: Item): string {
    const { partition, sort } = this.definition.keys;
    return JSON.stringify(
      [partition, sort].flatMap((name) => (name === undefined ? [] : [this.#keyPart(name, key[name])])),
    );
  }

  #keyPart(name: string, value: AttributeValue | undefined): unknown {
    if (value === undefined)
      throw validation(`One or more parameter values were invalid: Missing the key ${name} in the item`);
    const type = typeOf(value);
    const expected = this.definition.attributeTypes[name];
    if (type !== expected) {
      throw validation(
        `One or more parameter values were invalid: Type mismatch for key ${name} expected: ${expected} actual: ${type}`,
      );
    }
    if (value[type] === '')
      throw validation(
        `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: ${name}`,
      );
    return type === 'N'
      ? Number(value['N'])
      : type === 'B'
        ? Buffer.from(value['B'] as Uint8Array).toString('hex')
        : value['S'];
  }

  #write(key: string, item: Item | undefined): void {
    const writtenAt = this.#services.kernel.now();
    this.#apply(key, item, writtenAt);
    for (const replica of this.#replicas) {
      this.#services.kernel.after(
        tableReplicationMilliseconds,
        `replicate ${this.definition.name} to ${replica.region}`,
        () => replica.#apply(key, item, writtenAt),
      );
    }
  }

  #apply(key: string, item: Item | undefined, writtenAt: number): void {
    const newest = Math.max(this.#items.get(key)?.writtenAt ?? 0, this.#deletedAt.get(key) ?? 0);
    if (writtenAt < newest) return;
    if (item === undefined) {
      this.#items.delete(key);
      this.#deletedAt.set(key, writtenAt);
      return;
    }
    this.#items.set(key, { item, writtenAt });
    this.#expire(key, item);
  }

  /** Deletion comes days after the expiry, as documented; the item can be read and written until then. */
  #expire(key: string, item: Item): void {
    const { expiryAttribute } = this.definition;
    const seconds = expiryAttribute === undefined ? undefined : item[expiryAttribute]?.['N'];
    if (seconds === undefined || expiryAttribute === undefined) return;
    const deletedAt = Number(seconds) * 1000 + itemExpiryDeletionMilliseconds;
    this.#services.kernel.at(deletedAt, `expire an item of ${this.definition.name}`, () => {
      if (this.#items.get(key)?.item[expiryAttribute]?.['N'] === seconds)
        this.#apply(key, undefined, this.#services.kernel.now());
    });
  }
}

/** The tables of all regions. */
export class Tables {
  readonly #services: AccountServices;
  readonly #tables = new Map<string, Table>();

  constructor(services: AccountServices) {
    this.#services = services;
  }

  /** Makes a table in each of its regions. Throws AwsError ResourceInUseException. */
  create(definition: TableDefinition): void {
    const copies = definition.regions.map((region) => {
      if (this.#tables.has(`${region}/${definition.name}`)) {
        throw new AwsError('ResourceInUseException', `Table already exists: ${definition.name} in ${region}`);
      }
      const table = new Table(this.#services, definition, region);
      this.#tables.set(`${region}/${definition.name}`, table);
      return table;
    });
    for (const table of copies) for (const other of copies) if (other !== table) table.replicateTo(other);
  }

  find(region: string, reference: string): Table | undefined {
    return this.#tables.get(`${region}/${nameOf(reference)}`);
  }

  /** Throws AwsError ResourceNotFoundException. */
  require(region: string, reference: string): Table {
    const table = this.find(region, reference);
    if (table) return table;
    throw new AwsError(
      'ResourceNotFoundException',
      `Requested resource not found: table ${nameOf(reference)} in ${region}`,
    );
  }
}

/** A table's name, from its name or ARN. */
export function nameOf(reference: string): string {
  return reference.replace(/^arn:aws:dynamodb:[^:]+:\d+:table\//, '');
}
