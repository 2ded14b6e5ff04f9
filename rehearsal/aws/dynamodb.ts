import { deleteItem, getItem, putItem, query, scan, updateItem } from './dynamodb-operations.ts';
import { type KeySchema, nameOf, type TableDefinition, Tables } from './dynamodb-tables.ts';
import { actionsOf, Transactions } from './dynamodb-transaction.ts';
import type { Item } from './dynamodb-values.ts';
import type { Kms } from './kms.ts';
import type { CreateModule } from './module.ts';
import {
  type AccountServices,
  type AuthorisationRequest,
  type CallContext,
  type DeployedResource,
  type Operation,
  type OperationInput,
  type ResourceProvider,
  type ResourceRequest,
  type SimulatedService,
  Unmodelled,
} from './service.ts';

const expressionMembers = ['ExpressionAttributeNames', 'ExpressionAttributeValues'];
const writeMembers = [
  'TableName',
  'ConditionExpression',
  'ReturnValues',
  'ReturnValuesOnConditionCheckFailure',
  ...expressionMembers,
];

/** The simulated DynamoDB of all regions. */
export class DynamoDb implements SimulatedService {
  readonly id = 'dynamodb';
  readonly tables: Tables;
  readonly operations: Readonly<Record<string, Operation>>;
  readonly providers: readonly ResourceProvider[];
  readonly #services: AccountServices;

  constructor(services: AccountServices) {
    this.#services = services;
    this.tables = new Tables(services);
    this.operations = this.#createOperations();
    this.providers = [this.#tableProvider(), this.#globalTableProvider()];
  }

  /** Items of a table's copy in one region, for checkers. Throws AwsError ResourceNotFoundException. */
  items(region: string, table: string): Item[] {
    return this.tables.require(region, table).items();
  }

  #createOperations(): Record<string, Operation> {
    const { tables } = this;
    const operation = (name: string, inputs: readonly string[], run: typeof getItem): Operation => ({
      inputs,
      authorise: (input, context) => this.#authorise(`dynamodb:${name}`, input, context),
      run: (input, context) => run(tables, context.region, input),
    });
    const readMembers = ['TableName', 'ProjectionExpression', 'ConsistentRead', ...expressionMembers];
    const listMembers = [...readMembers, 'FilterExpression', 'Limit', 'ExclusiveStartKey'];
    return {
      GetItem: operation('GetItem', [...readMembers, 'Key'], getItem),
      PutItem: operation('PutItem', [...writeMembers, 'Item'], putItem),
      UpdateItem: operation('UpdateItem', [...writeMembers, 'Key', 'UpdateExpression'], updateItem),
      DeleteItem: operation('DeleteItem', [...writeMembers, 'Key'], deleteItem),
      Query: operation('Query', [...listMembers, 'IndexName', 'KeyConditionExpression', 'ScanIndexForward'], query),
      Scan: operation('Scan', listMembers, scan),
      TransactWriteItems: this.#transactWriteItems(),
    };
  }

  /** The rights of what it holds, action by action: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html */
  #transactWriteItems(): Operation {
    const transactions = new Transactions(this.tables, this.#services.kernel);
    return {
      inputs: ['TransactItems', 'ClientRequestToken'],
      authorise: (input, context) =>
        actionsOf(input).flatMap(({ right, action }) => this.#authorise(right, action, context)),
      run: (input, context) => transactions.write(context.region, input),
    };
  }

  /**
   * The table (or its index), and the table's key through DynamoDB on the caller's behalf: 'kms:Decrypt' with kms:ViaService.
   * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
   * Condition keys: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
   */
  #authorise(action: string, input: OperationInput, context: CallContext): AuthorisationRequest[] {
    const name = nameOf(String(input['TableName']));
    const arn = `arn:aws:dynamodb:${context.region}:${context.account}:table/${name}`;
    const table = this.tables.find(context.region, name);
    const partition = table?.definition.keys.partition ?? '';
    const leading: unknown = Object.values((input['Key'] ?? input['Item'])?.[partition] ?? {})[0];
    const conditions = leading === undefined ? {} : { 'dynamodb:LeadingKeys': [String(leading)] };
    const own = {
      action,
      resources: [input['IndexName'] === undefined ? arn : `${arn}/index/${input['IndexName']}`],
      conditions,
    };
    const key = table?.definition.keyArns[context.region];
    if (key === undefined) return [own];
    const uses = this.#services.service<Kms>('kms').keyUseRequests({
      region: context.region,
      key,
      actions: ['kms:Decrypt'],
      viaService: 'dynamodb',
      encryptionContext: { 'aws:dynamodb:tableName': name, 'aws:dynamodb:subscriberId': context.account },
    });
    return [own, ...uses];
  }

  #deployed(request: ResourceRequest, definition: TableDefinition): DeployedResource {
    this.tables.create(definition);
    const arn = `arn:aws:dynamodb:${request.region}:${request.account}:table/${definition.name}`;
    return { ref: definition.name, attributes: { Arn: arn, TableId: this.#services.nextId('table', 'uuid') } };
  }

  #tableName(request: ResourceRequest): string {
    return String(
      request.properties['TableName'] ??
        `${request.stackName}-${request.logicalId}-${this.#services.nextId('table-name', 'alnum13')}`,
    );
  }

  #tableProvider(): ResourceProvider {
    return {
      type: 'AWS::DynamoDB::Table',
      modelled: [...commonProperties, 'SSESpecification', 'LocalSecondaryIndexes'],
      inert: {
        ...inertProperties,
        PointInTimeRecoverySpecification: 'restores of tables are not rehearsed yet',
        DeletionProtectionEnabled: 'nothing is deleted in a rehearsal',
        Tags: 'tags of tables play no part in a rehearsal',
        TableClass: 'a matter of price',
        ResourcePolicy: 'all callers are of the account itself, whose own policies decide',
      },
      create: (request) => {
        const encryption = request.properties['SSESpecification'] as OperationInput | undefined;
        const key = encryption?.['KMSMasterKeyId'];
        const keyArns = key === undefined ? {} : { [request.region]: String(key) };
        const definition = {
          ...readDefinition(request),
          name: this.#tableName(request),
          regions: [request.region],
          keyArns,
        };
        return this.#deployed(request, definition);
      },
    };
  }

  #globalTableProvider(): ResourceProvider {
    return {
      type: 'AWS::DynamoDB::GlobalTable',
      modelled: [
        ...commonProperties,
        'Replicas',
        'SSESpecification',
        'LocalSecondaryIndexes',
        'MultiRegionConsistency',
      ],
      inert: {
        ...inertProperties,
        WriteOnDemandThroughputSettings: 'capacity is not modelled',
        WriteProvisionedThroughputSettings: 'capacity is not modelled',
      },
      create: (request) => {
        const replicas = request.properties['Replicas'] as OperationInput[];
        if ((request.properties['MultiRegionConsistency'] ?? 'EVENTUAL') !== 'EVENTUAL')
          throw new Unmodelled('Strongly consistent global tables are not modelled; EVENTUAL ones are.');
        const others = replicas
          .map((replica) => String(replica['Region']))
          .filter((region) => region !== request.region);
        if (others.length === replicas.length)
          throw new Unmodelled(`${request.logicalId} has no replica in its own region ${request.region}.`);
        const keyArns = Object.fromEntries(
          replicas.flatMap((replica) => {
            const key = replica['SSESpecification']?.['KMSMasterKeyId'];
            return key === undefined ? [] : [[String(replica['Region']), String(key)]];
          }),
        );
        const definition = {
          ...readDefinition(request),
          name: this.#tableName(request),
          regions: [request.region, ...others],
          keyArns,
        };
        return this.#deployed(request, definition);
      },
    };
  }
}

/** DynamoDB as a module of the simulated world. */
export const createDynamoDb: CreateModule = ({ account }) => {
  const dynamoDb = new DynamoDb(account);
  return { services: [dynamoDb], providers: dynamoDb.providers };
};

const commonProperties = [
  'TableName',
  'KeySchema',
  'AttributeDefinitions',
  'GlobalSecondaryIndexes',
  'TimeToLiveSpecification',
];

const inertProperties = {
  BillingMode: 'capacity is not modelled',
  ProvisionedThroughput: 'capacity is not modelled',
  OnDemandThroughput: 'capacity is not modelled',
  WarmThroughput: 'capacity is not modelled',
  ContributorInsightsSpecification: 'for people',
  StreamSpecification: 'streams have no readers in a rehearsal; event source mappings are not modelled',
};

function readDefinition({ properties }: ResourceRequest): Omit<TableDefinition, 'name' | 'regions' | 'keyArns'> {
  const definitions = (properties['AttributeDefinitions'] ?? []) as OperationInput[];
  const indexes = [
    ...((properties['GlobalSecondaryIndexes'] ?? []) as OperationInput[]),
    ...((properties['LocalSecondaryIndexes'] ?? []) as OperationInput[]),
  ];
  const expiry = properties['TimeToLiveSpecification'] as OperationInput | undefined;
  return {
    keys: readKeys(properties['KeySchema'] as OperationInput[]),
    attributeTypes: Object.fromEntries(definitions.map((each) => [each['AttributeName'], each['AttributeType']])),
    indexes: new Map(indexes.map((index) => [String(index['IndexName']), readKeys(index['KeySchema'])])),
    ...(expiry?.['Enabled'] === true ? { expiryAttribute: String(expiry['AttributeName']) } : {}),
  };
}

function readKeys(schema: readonly OperationInput[]): KeySchema {
  const partition = schema.find((key) => key['KeyType'] === 'HASH')?.['AttributeName'];
  const sort = schema.find((key) => key['KeyType'] === 'RANGE')?.['AttributeName'];
  return { partition: String(partition), ...(sort === undefined ? {} : { sort: String(sort) }) };
}
