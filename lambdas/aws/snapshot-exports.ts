import { DescribeExportTasksCommand, RDSClient, StartExportTaskCommand } from '@aws-sdk/client-rds';
import type { SnapshotExports } from '../ports/snapshot-exports.ts';
import { calling, clientSettings, isNamed } from './client.ts';

const exists = 'ExportTaskAlreadyExistsFault';
const notFound = 'ExportTaskNotFoundFault';

/** RDS of a region. https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_StartExportTask.html */
export function rdsSnapshotExports(region: string): SnapshotExports {
  const client = new RDSClient(clientSettings(region));
  return {
    async start({ identifier, snapshot, bucket, prefix, role, encryptionKey }) {
      const command = new StartExportTaskCommand({
        ExportTaskIdentifier: identifier,
        SourceArn: snapshot,
        S3BucketName: bucket,
        S3Prefix: prefix,
        IamRoleArn: role,
        KmsKeyId: encryptionKey,
      });
      try {
        await calling('rds:StartExportTask', () => client.send(command), [exists]);
      } catch (error) {
        if (!isNamed(error, exists)) throw error;
      }
    },

    async find(identifier) {
      const command = new DescribeExportTasksCommand({ ExportTaskIdentifier: identifier });
      try {
        const answer = await calling('rds:DescribeExportTasks', () => client.send(command), [notFound]);
        const [task] = answer.ExportTasks ?? [];
        if (!task) return undefined;
        return {
          status: task.Status ?? 'STARTING',
          percent: task.PercentProgress ?? 0,
          message: task.FailureCause ?? task.WarningMessage ?? '',
        };
      } catch (error) {
        if (isNamed(error, notFound)) return undefined;
        throw error;
      }
    },
  };
}
