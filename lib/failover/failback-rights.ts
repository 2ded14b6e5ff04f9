import { secretsKeyAlias } from '../../domain/databases.ts';
import { staleInstanceName } from '../../domain/failback.ts';
import { functionName } from '../../domain/names.ts';
import type { TaskOfOtherRegion } from '../../domain/workflows/region-failback.ts';
import type { Grant } from '../constructs/grant.ts';
import { FailoverRights } from './rights.ts';

/** Of the functions that take a platform back: in the region that reigns, and in the one that is to follow it. */
export class FailbackRights extends FailoverRights {
  listClaims(): Grant[] {
    return this.useTable(this.stores.interlockTableArn, ['dynamodb:Scan']);
  }

  /** These tasks of the other region, and no other. */
  ask(...tasks: readonly TaskOfOtherRegion[]): Grant[] {
    const { other } = this;
    if (other === undefined) return [];
    const resources = tasks.map((task) =>
      this.arn('lambda', `function:${functionName(this.environment.name, task)}`, other),
    );
    return [{ actions: ['lambda:InvokeFunction'], resources }];
  }

  seeInstances(): Grant[] {
    return [{ actions: ['rds:DescribeDBInstances'], resources: this.instances() }];
  }

  /** Every secret gets a copy under the other region's key. https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ReplicateSecretToRegions.html */
  shareSecrets(): Grant[] {
    const { other } = this;
    if (other === undefined) return [];
    return [
      { actions: ['secretsmanager:ListSecrets'], resources: ['*'], because: 'noResourceLevel' },
      {
        actions: ['secretsmanager:DescribeSecret', 'secretsmanager:ReplicateSecretToRegions'],
        resources: this.allSecrets(),
      },
      ...this.useSecretsKey('kms:Decrypt'),
      {
        actions: ['kms:Encrypt', 'kms:GenerateDataKey'],
        resources: [this.arn('kms', 'key/*', other)],
        conditions: {
          StringEquals: { 'kms:ViaService': `secretsmanager.${other}.amazonaws.com` },
          'ForAnyValue:StringEquals': { 'kms:ResourceAliases': `alias/${secretsKeyAlias(this.environment.name)}` },
        },
        because: 'otherRegionsKey',
      },
    ];
  }

  /** What has the instance's name is renamed, and a replica of the other region's instance takes it. */
  rebuild(): Grant[] {
    const { name } = this.environment;
    const { other } = this;
    if (other === undefined) return [];
    const own = this.instances();
    const aside = own.map((arn) => staleInstanceName(arn, 0).replace(/0$/, '*'));
    const source = own.map((arn) => arn.replace(`:rds:${this.region}:`, `:rds:${other}:`));
    return [
      { actions: ['ssm:GetParameter', 'ssm:PutParameter'], resources: this.endpoints() },
      { actions: ['rds:DescribeDBInstances'], resources: [...own, ...aside], because: 'staleInstances' },
      { actions: ['rds:ModifyDBInstance'], resources: own },
      {
        actions: ['rds:CreateDBInstanceReadReplica'],
        resources: [
          ...own,
          ...source,
          this.arn('rds', `subgrp:${name}`),
          this.arn('rds', 'pg:*'),
          this.arn('rds', 'og:default:*'),
        ],
        because: 'rebuiltReplicas',
      },
      { actions: ['rds:AddTagsToResource'], resources: own },
      {
        actions: ['kms:CreateGrant', 'kms:DescribeKey'],
        resources: [this.arn('kms', 'key/*')],
        conditions: {
          StringEquals: { 'kms:ViaService': `rds.${this.region}.amazonaws.com` },
          'ForAnyValue:StringEquals': { 'kms:ResourceAliases': `alias/mainstay/${name}/databases` },
        },
        because: 'restoredKeys',
      },
    ];
  }
}
