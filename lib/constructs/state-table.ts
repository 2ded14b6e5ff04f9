import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import type { EncryptionKey } from './encryption-key.ts';

export interface StateTableProps {
  readonly tableName: string;
  /** The attribute, a text, that an item is found by. */
  readonly key: string;
  readonly encryptionKey: EncryptionKey;
}

/** What workflows remember of each other: encrypted with our key, recoverable, never deleted with its stack; an item goes at its `removeAt`. */
export class StateTable extends Table {
  constructor(scope: Construct, id: string, { tableName, key, encryptionKey }: StateTableProps) {
    super(scope, id, {
      tableName,
      partitionKey: { name: key, type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: 'removeAt',
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }
}
