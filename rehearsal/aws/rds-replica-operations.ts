import { databaseCreationMilliseconds } from './durations.ts';
import { creation, rdsArn, resourceTags, tagsOf, useKeyForRds } from './rds-access.ts';
import { inBackground, pause, type RdsContext } from './rds-context.ts';
import { identityOf, tlsForcedBy, zonesOf } from './rds-creation.ts';
import { describeInstance } from './rds-describe.ts';
import type { DatabaseInstanceState } from './rds-instances.ts';
import { checkPresigned } from './rds-presigned.ts';
import { replicaSource } from './rds-replica.ts';
import { startServer } from './rds-servers.ts';
import type { AuthorisationRequest, CallContext, Operation, OperationInput } from './service.ts';

/** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstanceReadReplica.html */
export function replicaOperations(context: RdsContext, created: () => void): Record<string, Operation> {
  return {
    CreateDBInstanceReadReplica: {
      inputs: [
        'DBInstanceIdentifier',
        'SourceDBInstanceIdentifier',
        'DBInstanceClass',
        'Port',
        'MultiAZ',
        'DBParameterGroupName',
        'DBSubnetGroupName',
        'VpcSecurityGroupIds',
        'StorageType',
        'CopyTagsToSnapshot',
        'KmsKeyId',
        'PreSignedUrl',
        'DeletionProtection',
        'Tags',
        // Without effect here: no packets flow, nothing is maintained, measured or logged.
        'PubliclyAccessible',
        'AutoMinorVersionUpgrade',
        'CACertificateIdentifier',
        'EnableCloudwatchLogsExports',
        'EnablePerformanceInsights',
        'PerformanceInsightsKMSKeyId',
        'PerformanceInsightsRetentionPeriod',
        'MaxAllocatedStorage',
        'MonitoringInterval',
        'MonitoringRoleArn',
      ],
      authorise: (input, call) => rights(context, input, call),
      run: (input, call) => {
        const identifier = String(input['DBInstanceIdentifier']).toLowerCase();
        context.instances.requireFree(call.region, identifier);
        const source = replicaSource(context.instances, {
          region: call.region,
          source: String(input['SourceDBInstanceIdentifier']),
          key: input['KmsKeyId'],
        });
        if (source.region !== call.region && source.encrypted) {
          checkPresigned(
            context.world,
            { action: 'CreateDBInstanceReadReplica', member: 'SourceDBInstanceIdentifier', kind: 'db', source },
            input,
            call,
          );
        }
        const replica = made(context, identifier, source, input, call);
        context.instances.add(replica);
        inBackground(context, () => fill(context, replica, source, created));
        return { DBInstance: describeInstance(context, replica) };
      },
    },
  };
}

/** 'db*, og*, pg*, subgrp*', and the role that watches it. */
function rights({ instances }: RdsContext, input: OperationInput, call: CallContext): AuthorisationRequest[] {
  const reference = String(input['SourceDBInstanceIdentifier']);
  const source = reference.startsWith('arn:') ? instances.byArn(reference) : instances.find(call.region, reference);
  const major = source?.figures.engineVersion.split('.')[0] ?? '18';
  const arn = rdsArn(call, 'db', String(input['DBInstanceIdentifier']));
  const from = {
    arn: source?.arn ?? rdsArn(call, 'db', reference.replace(/^arn:.*:db:/, '')),
    conditions: resourceTags('db', source?.tags ?? new Map()),
  };
  const groups = [
    rdsArn(call, 'subgrp', String(input['DBSubnetGroupName'] ?? 'default')),
    rdsArn(call, 'pg', String(input['DBParameterGroupName'] ?? `default.postgres${major}`)),
    rdsArn(call, 'og', `default:postgres-${major}`),
  ];
  const requests = creation(
    'CreateDBInstanceReadReplica',
    [{ arn }, from, ...groups.map((group) => ({ arn: group }))],
    { arn, tags: tagsOf(input) },
  );
  const role = input['MonitoringRoleArn'];
  if (role === undefined) return requests;
  const conditions = { 'iam:PassedToService': 'monitoring.rds.amazonaws.com' };
  return [...requests, { action: 'iam:PassRole', resources: [String(role)], conditions }];
}

function made(
  context: RdsContext,
  identifier: string,
  source: DatabaseInstanceState,
  input: OperationInput,
  call: CallContext,
): DatabaseInstanceState {
  const { groups, world } = context;
  const { region } = call;
  const { figures } = source;
  const abroad = region !== source.region;
  const subnets = groups.subnets(
    region,
    String(input['DBSubnetGroupName'] ?? (abroad ? 'default' : source.subnetGroup)),
  );
  const own = abroad ? `default.postgres${figures.engineVersion.split('.')[0]}` : source.parameterGroup;
  const group = groups.parameters(region, String(input['DBParameterGroupName'] ?? own));
  const key = input['KmsKeyId'];
  const keyArn = key === undefined ? source.keyArn : useKeyForRds(world.account, call, key);
  const origin = `replica/${identifier}/${world.account.kernel.now()}`;
  return {
    ...identityOf(context, { region, identifier, origin }),
    port: Number(input['Port'] ?? source.port),
    vpcId: subnets.vpcId,
    subnetGroup: subnets.name,
    parameterGroup: group.name,
    tlsForced: tlsForcedBy(group),
    encrypted: source.encrypted,
    ...(keyArn === undefined ? {} : { keyArn }),
    figures: {
      ...figures,
      instanceClass: input['DBInstanceClass'] ?? figures.instanceClass,
      storageType: input['StorageType'] ?? figures.storageType,
      securityGroupIds: input['VpcSecurityGroupIds'] ?? [],
    },
    status: 'creating',
    backupRetentionDays: 0,
    backupWindow: source.backupWindow,
    ...zonesOf(region, input['MultiAZ'] === true),
    deletionProtection: input['DeletionProtection'] === true,
    copyTagsToSnapshot: input['CopyTagsToSnapshot'] === true,
    tags: tagsOf(input),
    replicaOf: source.arn,
    model: source.model,
  };
}

async function fill(
  context: RdsContext,
  replica: DatabaseInstanceState,
  source: DatabaseInstanceState,
  created: () => void,
): Promise<void> {
  const { instances, groups, world, replication } = context;
  await pause(context, databaseCreationMilliseconds.replica, `create ${replica.identifier}`);
  if (!instances.stands(replica)) return;
  const { parameters } = groups.parameters(replica.region, replica.parameterGroup);
  const real = await startServer(world, replica, {
    parameters,
    source: source.real,
    masterPassword: () => '',
  });
  if (real) replica.real = real;
  if (source.outage !== undefined || !instances.stands(source)) replication.cut(replica, 'source');
  instances.become(replica, 'available');
  created();
}
