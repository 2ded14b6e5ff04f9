import type { Construct } from 'constructs';
import { interlockTableName } from '../../domain/interlock.ts';
import type { EncryptionKey } from './encryption-key.ts';
import { StateTable } from './state-table.ts';

/** Who works on what in this region, an item a subject. A claim binds until the hour that stands in it; the item goes a day later. */
export class InterlockTable extends StateTable {
  constructor(scope: Construct, id: string, props: { environmentName: string; encryptionKey: EncryptionKey }) {
    const { environmentName, encryptionKey } = props;
    super(scope, id, { tableName: interlockTableName(environmentName), key: 'subject', encryptionKey });
  }
}

/** What each use of the claims asks of the table: all of them read it whole first. */
export const interlockActions = {
  claim: ['dynamodb:Scan', 'dynamodb:PutItem', 'dynamodb:ConditionCheckItem'],
  release: ['dynamodb:Scan', 'dynamodb:DeleteItem'],
} as const;
