import type { Construct } from 'constructs';
import { leaseTableName } from '../../domain/lease.ts';
import { EncryptionKey } from '../constructs/encryption-key.ts';
import { StateTable } from '../constructs/state-table.ts';
import type { Environment } from '../environment.ts';
import { witnessKeyAlias } from '../failover/rights.ts';
import { PlatformStack } from './platform-stack.ts';

/** A third region with one table: whoever can renew or close the lease there is not alone. Nothing of the platform runs in it. */
export class WitnessStack extends PlatformStack {
  constructor(scope: Construct, environment: Environment, region: string) {
    const { platform, name, stage } = environment;
    super(scope, {
      environment,
      region,
      part: 'Witness',
      description: `${platform.title} (${stage}): the witness of the primary's lease in ${region}`,
    });
    const encryptionKey = new EncryptionKey(this, 'Key', {
      alias: witnessKeyAlias(name),
      description: `The lease of ${name}'s primary`,
    });
    new StateTable(this, 'Leases', { tableName: leaseTableName(name), key: 'subject', encryptionKey });
  }
}
