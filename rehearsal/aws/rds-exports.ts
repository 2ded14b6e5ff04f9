import { exportMilliseconds } from './durations.ts';
import { useKeyForRds } from './rds-access.ts';
import { drawn, inBackground, pause, type RdsContext } from './rds-context.ts';
import { filtered, part } from './rds-describe.ts';
import type { Snapshot } from './rds-snapshots.ts';
import type { S3Store } from './s3.ts';
import type { Content } from './s3-store.ts';
import {
  AwsError,
  type CallContext,
  NoAnswer,
  type Operation,
  type OperationInput,
  type Principal,
  type SimulatedService,
} from './service.ts';

interface ExportTask {
  readonly identifier: string;
  readonly region: string;
  readonly snapshot: Snapshot;
  readonly bucket: string;
  readonly prefix: string;
  readonly roleArn: string;
  readonly keyArn: string;
  status: 'STARTING' | 'IN_PROGRESS' | 'COMPLETE' | 'FAILED';
  percent: number;
  startedAt?: number;
  endedAt?: number;
  failure?: string;
}

/** What S3 is asked for. */
type Bucket = SimulatedService & Pick<S3Store, 'put' | 'putRequests'>;

const bytesAGibibyte = 1024 ** 3;
/** Parquet is smaller than the tables. Assumed. */
const shareOfSize = 0.3;
/** Of one file. Assumed: 'The number and size of files' is RDS's own affair; none above the 5 GB that one CopyObject copies. */
const fileBytesMax = 4 * bytesAGibibyte;

/** Exports of snapshots to S3. */
export class Exports {
  readonly #context: RdsContext;
  readonly #tasks = new Map<string, ExportTask>();

  constructor(context: RdsContext) {
    this.#context = context;
  }

  in(region: string): ExportTask[] {
    return [...this.#tasks.values()].filter((task) => task.region === region);
  }

  /** Throws AwsError ExportTaskAlreadyExists. */
  begin(task: ExportTask): void {
    const name = `${task.region}/${task.identifier}`;
    if (this.#tasks.has(name)) {
      throw new AwsError('ExportTaskAlreadyExists', `The export task ${task.identifier} already exists.`);
    }
    this.#tasks.set(name, task);
    this.#next(task.region);
  }

  /** Beyond the quota a task waits as STARTING (assumed: RDS's model has no error for it). */
  #next(region: string): void {
    const here = this.in(region);
    const running = here.filter(({ status }) => status === 'IN_PROGRESS').length;
    const waiting = here.filter(({ status }) => status === 'STARTING');
    for (const task of waiting.slice(0, Math.max(0, this.#context.quotas.exportTasks - running))) {
      inBackground(this.#context, () => this.#run(task));
    }
  }

  async #run(task: ExportTask): Promise<void> {
    const { kernel } = this.#context.world.account;
    task.status = 'IN_PROGRESS';
    task.startedAt = kernel.now();
    try {
      this.#demandRole(task);
      const half = drawn(this.#context, 'export', exportMilliseconds) / 2;
      await pause(this.#context, half, `export ${task.identifier}`);
      task.percent = 50;
      await pause(this.#context, half, `export ${task.identifier}`);
      this.#write(task);
      task.status = 'COMPLETE';
      task.percent = 100;
    } catch (error) {
      if (!(error instanceof AwsError) && !(error instanceof NoAnswer)) throw error;
      task.status = 'FAILED';
      task.failure = error.message;
    }
    task.endedAt = kernel.now();
    this.#next(task.region);
  }

  /** 'export.rds.amazonaws.com': https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ExportSnapshot.Setup.html */
  #demandRole({ roleArn }: ExportTask): void {
    this.#context.world.iam.assumeByService(roleArn, 'export.rds.amazonaws.com');
  }

  /** Names as at https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ExportSnapshot.FileNames.html One folder stands for every table. */
  #write(task: ExportTask): void {
    const { account } = this.#context.world;
    const { identifier, region, bucket, prefix, snapshot, roleArn } = task;
    const s3 = account.service<Bucket>('s3');
    const database = snapshot.data?.model.name ?? 'postgres';
    const folder = prefix === '' ? identifier : `${prefix}/${identifier}`;
    const size = Math.round(snapshot.source.figures.gibibytes * bytesAGibibyte * shareOfSize);
    const principal: Principal = { kind: 'role', roleArn, sessionName: identifier };
    const info = Buffer.from(
      JSON.stringify({ exportTaskIdentifier: identifier, sourceArn: snapshot.arn, status: 'COMPLETE' }),
    );
    const files: readonly (readonly [string, Content])[] = [
      [`${folder}/export_info_${identifier}.json`, { bytes: info }],
      ...partsOf(size).map((part, index): [string, Content] => [
        `${folder}/${database}/public.all/1/part-${String(index).padStart(5, '0')}-export.gz.parquet`,
        { size: part },
      ]),
    ];
    for (const [key, content] of files) {
      account.authorise(principal, region, s3.putRequests(bucket, key));
      s3.put(region, bucket, key, content);
    }
  }
}

/** Sizes of an export's files. At least one. */
function partsOf(bytes: number): number[] {
  const whole = Math.floor(bytes / fileBytesMax);
  return [...Array.from({ length: whole }, () => fileBytesMax), bytes - whole * fileBytesMax];
}

const filters = {
  'export-task-identifier': ({ identifier }: ExportTask) => [identifier],
  's3-bucket': ({ bucket }: ExportTask) => [bucket],
  'source-arn': ({ snapshot }: ExportTask) => [snapshot.arn],
  status: ({ status }: ExportTask) => [status.toLowerCase()],
};

/** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_StartExportTask.html and DescribeExportTasks; no resource level in IAM. */
export function exportOperations(context: RdsContext, exports: Exports): Record<string, Operation> {
  return {
    StartExportTask: {
      inputs: ['ExportTaskIdentifier', 'SourceArn', 'S3BucketName', 'S3Prefix', 'IamRoleArn', 'KmsKeyId'],
      authorise: (input) => [
        { action: 'rds:StartExportTask', resources: ['*'] },
        {
          action: 'iam:PassRole',
          resources: [String(input['IamRoleArn'])],
          conditions: { 'iam:PassedToService': 'export.rds.amazonaws.com' },
        },
      ],
      run: (input, call) => {
        const task = asked(context, input, call);
        exports.begin(task);
        return describeTask(task);
      },
    },
    DescribeExportTasks: {
      inputs: ['ExportTaskIdentifier', 'SourceArn', 'Filters', 'MaxRecords', 'Marker'],
      authorise: () => [{ action: 'rds:DescribeExportTasks', resources: ['*'] }],
      run: (input, { region }) => {
        const { ExportTaskIdentifier: identifier, SourceArn: source } = input;
        const chosen = exports
          .in(region)
          .filter((task) => identifier === undefined || task.identifier === identifier)
          .filter((task) => source === undefined || task.snapshot.arn === source);
        if (identifier !== undefined && chosen.length === 0) {
          throw new AwsError('ExportTaskNotFound', `The export task ${identifier} does not exist.`, 404);
        }
        const { items, marker } = part(filtered(chosen, input['Filters'], filters), input);
        return { ExportTasks: items.map(describeTask), ...marker };
      },
    },
  };
}

/** Throws AwsError DBSnapshotNotFound, InvalidExportSourceState, KMSKeyNotAccessibleFault, InvalidParameterValue. */
function asked({ snapshots, world }: RdsContext, input: OperationInput, call: CallContext): ExportTask {
  const snapshot = snapshots.require(call.region, input['SourceArn']);
  if (snapshot.region !== call.region || snapshot.status !== 'available') {
    throw new AwsError(
      'InvalidExportSourceState',
      `${snapshot.arn} is ${snapshot.status}: one of ${call.region} that is available is exported.`,
    );
  }
  const prefix = String(input['S3Prefix'] ?? '');
  if (prefix.includes(':')) throw new AwsError('InvalidParameterValue', `The prefix ${prefix} has a colon.`);
  return {
    identifier: String(input['ExportTaskIdentifier']),
    region: call.region,
    snapshot,
    bucket: String(input['S3BucketName']),
    prefix,
    roleArn: String(input['IamRoleArn']),
    keyArn: useKeyForRds(world.account, call, input['KmsKeyId']),
    status: 'STARTING',
    percent: 0,
  };
}

function describeTask(task: ExportTask): OperationInput {
  return {
    ExportTaskIdentifier: task.identifier,
    SourceArn: task.snapshot.arn,
    SourceType: 'SNAPSHOT',
    SnapshotTime: new Date(task.snapshot.createdAt),
    S3Bucket: task.bucket,
    S3Prefix: task.prefix,
    IamRoleArn: task.roleArn,
    KmsKeyId: task.keyArn,
    Status: task.status,
    PercentProgress: task.percent,
    ...(task.startedAt === undefined ? {} : { TaskStartTime: new Date(task.startedAt) }),
    ...(task.endedAt === undefined ? {} : { TaskEndTime: new Date(task.endedAt) }),
    ...(task.failure === undefined ? {} : { FailureCause: task.failure }),
  };
}
