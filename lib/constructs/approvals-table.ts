import type { Construct } from 'constructs';
import { approvalsTableName } from '../../domain/names.ts';
import type { EncryptionKey } from './encryption-key.ts';
import { StateTable } from './state-table.ts';

/** Questions that wait for a person, with the tokens of the workflows that wait. A question goes some time after it ended. */
export class ApprovalsTable extends StateTable {
  constructor(scope: Construct, id: string, props: { environmentName: string; encryptionKey: EncryptionKey }) {
    const { environmentName, encryptionKey } = props;
    super(scope, id, { tableName: approvalsTableName(environmentName), key: 'approvalId', encryptionKey });
  }
}
