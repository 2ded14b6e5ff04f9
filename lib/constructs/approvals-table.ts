import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { approvalsTableName } from '../../domain/names.ts';
import type { EncryptionKey } from './encryption-key.ts';

/** Questions that wait for a person, with the tokens of the workflows that wait. A question goes some time after it ended. */
export class ApprovalsTable extends Table {
  constructor(scope: Construct, id: string, props: { environmentName: string; encryptionKey: EncryptionKey }) {
    super(scope, id, {
      tableName: approvalsTableName(props.environmentName),
      partitionKey: { name: 'approvalId', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: props.encryptionKey,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: 'removeAt',
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }
}
