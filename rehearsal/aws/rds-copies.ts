import { snapshotCopyMilliseconds } from './durations.ts';
import { creation, keyNotAccessible, rdsArn, resourceTags, tagsOf, useKeyForRds } from './rds-access.ts';
import { drawn, inBackground, pause, type RdsContext } from './rds-context.ts';
import { describeSnapshot } from './rds-describe.ts';
import { checkPresigned } from './rds-presigned.ts';
import { type Snapshot, snapshotIdentifier } from './rds-snapshots.ts';
import { AwsError, type CallContext, type Operation, type OperationInput, Unmodelled } from './service.ts';

/** Copies that are under way. */
export class Copies {
  readonly #context: RdsContext;
  readonly #underWay = new Set<Snapshot>();
  readonly #ends = new WeakMap<Snapshot, Promise<void>>();

  constructor(context: RdsContext) {
    this.#context = context;
  }

  /**
   * 'up to 20 snapshot copy requests in progress to a single destination Region per account', those that wait among them (assumed):
   * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_CopySnapshot.html
   * Throws AwsError SnapshotQuotaExceeded in RDS's words: https://github.com/pbudzon/aws-maintenance/issues/19
   */
  requireRoom(region: string): void {
    const { copiesToRegion } = this.#context.quotas;
    const here = [...this.#underWay].filter((copy) => copy.region === region);
    if (here.length < copiesToRegion) return;
    throw new AwsError('SnapshotQuotaExceeded', `Cannot copy more than ${copiesToRegion} snapshots across regions`);
  }

  /** Begins at once, or when the copy of the same instance that was asked for before has ended. */
  begin(copy: Snapshot, source: Snapshot): void {
    const before = [...this.#underWay].filter((other) => isSameStream(other, copy)).at(-1);
    this.#underWay.add(copy);
    const waiting = before ? this.#endOf(before) : Promise.resolve();
    this.#ends.set(
      copy,
      waiting.then(() => this.#run(copy, source)).finally(() => this.#underWay.delete(copy)),
    );
    inBackground(this.#context, () => this.#endOf(copy));
  }

  #endOf(copy: Snapshot): Promise<void> {
    return this.#ends.get(copy) ?? Promise.resolve();
  }

  /** 'If you delete a source snapshot before the target snapshot becomes available, the snapshot copy might fail': here it does. */
  async #run(copy: Snapshot, source: Snapshot): Promise<void> {
    const { snapshots, lostRegions } = this.#context;
    const fate = snapshots.fateOf(copy);
    const longer = fate?.kind === 'slow' ? fate.byMilliseconds : 0;
    const duration = drawn(this.#context, 'snapshot-copy', snapshotCopyMilliseconds) + longer;
    copy.percent = 1;
    await pause(this.#context, duration / 2, `copy of ${copy.identifier}`);
    copy.percent = 50;
    await pause(this.#context, duration / 2, `copy of ${copy.identifier}`);
    if (!snapshots.stands(copy)) return;
    const reachable = snapshots.stands(source) && !lostRegions.has(source.region);
    const whole = reachable && source.status === 'available' && source.data !== undefined;
    if (whole && source.data) copy.data = source.data;
    snapshots.become(copy, whole && fate?.kind !== 'fails' ? 'available' : 'failed');
  }
}

function isSameStream(one: Snapshot, other: Snapshot): boolean {
  return one.region === other.region && one.source.resourceId === other.source.resourceId;
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CopyDBSnapshot.html Called in the region that the copy goes to. */
export function copyOperations(context: RdsContext, copies: Copies): Record<string, Operation> {
  const { snapshots } = context;
  return {
    CopyDBSnapshot: {
      inputs: [
        'SourceDBSnapshotIdentifier',
        'TargetDBSnapshotIdentifier',
        'KmsKeyId',
        'Tags',
        'CopyTags',
        'PreSignedUrl',
      ],
      authorise: (input, call) => {
        const arn = rdsArn(call, 'snapshot', String(input['TargetDBSnapshotIdentifier']));
        const source = snapshots.byArn(String(input['SourceDBSnapshotIdentifier']));
        const from = {
          arn: String(input['SourceDBSnapshotIdentifier']),
          conditions: resourceTags('snapshot', source?.tags ?? new Map()),
        };
        return creation('CopyDBSnapshot', [{ arn }, from], { arn, tags: tagsOf(input) });
      },
      run: (input, call) => {
        const identifier = snapshotIdentifier(input['TargetDBSnapshotIdentifier']);
        const source = sourceOfCopy(context, input, call);
        if (source.encrypted) {
          // 'If you copy an encrypted snapshot to a different Region, then you must specify a KMS key for the destination Region.'
          if (input['KmsKeyId'] === undefined) throw keyNotAccessible('None');
          checkPresigned(
            context.world,
            { action: 'CopyDBSnapshot', member: 'SourceDBSnapshotIdentifier', kind: 'snapshot', source },
            input,
            call,
          );
        }
        snapshots.requireRoom(call.region, identifier);
        copies.requireRoom(call.region);
        const copy = newCopy(context, source, identifier, input, call);
        snapshots.add(copy);
        copies.begin(copy, source);
        return { DBSnapshot: describeSnapshot(copy) };
      },
    },
  };
}

/** Without data yet. Throws AwsError KMSKeyNotAccessibleFault. */
function newCopy(
  { world }: RdsContext,
  source: Snapshot,
  identifier: string,
  input: OperationInput,
  call: CallContext,
): Snapshot {
  const key = input['KmsKeyId'];
  const keyArn = key === undefined ? undefined : useKeyForRds(world.account, call, key);
  const copy: Snapshot = {
    ...source,
    identifier,
    region: call.region,
    arn: rdsArn(call, 'snapshot', identifier),
    type: 'manual',
    encrypted: source.encrypted || keyArn !== undefined,
    ...(keyArn === undefined ? {} : { keyArn }),
    copyOf: source.arn,
    createdAt: world.account.kernel.now(),
    originallyAt: source.originallyAt ?? source.createdAt,
    status: 'creating',
    tags: new Map([...(input['CopyTags'] === true ? source.tags : []), ...tagsOf(input)]),
    percent: 0,
  };
  delete copy.data;
  return copy;
}

/** Throws AwsError DBSnapshotNotFound, InvalidDBSnapshotState; Unmodelled for a copy within the region. */
function sourceOfCopy({ snapshots }: RdsContext, input: OperationInput, { region }: CallContext): Snapshot {
  const reference = String(input['SourceDBSnapshotIdentifier']);
  const source = snapshots.require(region, reference);
  if (source.region === region) {
    throw new Unmodelled(`A copy of ${reference} within ${region} is not modelled: it holds up the automated backups.`);
  }
  if (source.status === 'available') return source;
  throw new AwsError(
    'InvalidDBSnapshotState',
    `The snapshot ${reference} is ${source.status}: only one that is available is copied.`,
  );
}
