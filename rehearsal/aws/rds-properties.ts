import type { ResourceProvider } from './service.ts';

const figures = "no data lies on a simulated instance's disk, and its size changes no duration here";
const watching = 'what RDS measures of an instance is not simulated, its replication lag apart';

/** Properties of AWS::RDS::DBInstance that have an effect in a rehearsal, and those that have none, with the reason. */
export const instanceProperties: Pick<ResourceProvider, 'modelled' | 'inert'> = {
  modelled: [
    'DBInstanceIdentifier',
    'Engine',
    'DBName',
    'MasterUsername',
    'MasterUserPassword',
    'Port',
    'DBSubnetGroupName',
    'DBParameterGroupName',
    'KmsKeyId',
    'StorageEncrypted',
    'BackupRetentionPeriod',
    'SourceDBInstanceIdentifier',
    'MultiAZ',
    'PreferredBackupWindow',
    'CopyTagsToSnapshot',
    'DeletionProtection',
    'Tags',
    // Shown by DescribeDBInstances, and nothing else.
    'DBInstanceClass',
    'EngineVersion',
    'AllocatedStorage',
    'StorageType',
    'VPCSecurityGroups',
  ],
  inert: {
    SourceRegion: 'the region stands in the ARN of the source as well',
    MaxAllocatedStorage: figures,
    StorageThroughput: figures,
    Iops: figures,
    PubliclyAccessible: 'no packets flow: who is in the VPC reaches the instance, and nobody else',
    CACertificateIdentifier:
      "one simulated authority signs every certificate; it is trusted through the runtime's bundle alone",
    AutoMinorVersionUpgrade: 'no maintenance happens in a rehearsal',
    PreferredMaintenanceWindow: 'no maintenance happens in a rehearsal',
    EnableCloudwatchLogsExports: 'the simulated server writes no log',
    EnablePerformanceInsights: watching,
    PerformanceInsightsKMSKeyId: watching,
    PerformanceInsightsRetentionPeriod: watching,
    MonitoringInterval: watching,
    MonitoringRoleArn: watching,
  },
};
