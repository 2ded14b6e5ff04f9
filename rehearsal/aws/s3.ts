import type { Iam } from '../iam/index.ts';
import type { CreateModule } from './module.ts';
import { writeRights } from './s3-access.ts';
import { bucketProviders } from './s3-buckets.ts';
import { copyOperations } from './s3-copy.ts';
import { deletionOperations } from './s3-deletion.ts';
import { nextMidnight, runLifecycle } from './s3-lifecycle.ts';
import { listingOperations } from './s3-listing.ts';
import { multipartOperations } from './s3-multipart.ts';
import { objectOperations, requestedEncryption, store } from './s3-objects.ts';
import { retentionOperations } from './s3-retention.ts';
import { type Bucket, BucketStore, type Content, type ObjectVersion, type S3Context } from './s3-store.ts';
import type {
  AccountServices,
  AuthorisationRequest,
  Operation,
  ResourceProvider,
  SimulatedService,
} from './service.ts';

/** What S3 does for other simulated services: an export of RDS writes objects that nobody uploads. */
export interface S3Store {
  /** The decisions that IAM makes before an object is put there. */
  putRequests(bucket: string, key: string): readonly AuthorisationRequest[];
  /**
   * Puts an object, of bytes or of a size alone, as the bucket does by default. No checksum comes with it, so a bucket that locks by
   * default refuses it. Throws AwsError NoSuchBucket, PermanentRedirect, InvalidRequest.
   */
  put(region: string, bucket: string, key: string, content: Content): ObjectVersion;
}

/** The simulated S3 of all regions. */
export class S3 implements SimulatedService, S3Store {
  readonly id = 's3';
  readonly operations: Readonly<Record<string, Operation>>;
  readonly providers: readonly ResourceProvider[];
  readonly buckets = new BucketStore();
  readonly #services: AccountServices;
  readonly #context: S3Context;
  /** When the rules run next; undefined while nothing that they could change is there. */
  #lifecycleAt: number | undefined;

  constructor(services: AccountServices, policies: Pick<Iam, 'putResourcePolicy'>) {
    this.#services = services;
    const context: S3Context = { services, store: this.buckets, changed: (bucket) => this.#changed(bucket) };
    this.#context = context;
    this.operations = {
      ...objectOperations(context),
      ...copyOperations(context),
      ...listingOperations(context),
      ...deletionOperations(context),
      ...retentionOperations(context),
      ...multipartOperations(context),
    };
    this.providers = bucketProviders(context, policies);
  }

  putRequests(bucket: string, key: string): readonly AuthorisationRequest[] {
    const input = { Bucket: bucket, Key: key };
    return writeRights(this.#context, input, requestedEncryption(this.#context, input));
  }

  put(region: string, bucketName: string, key: string, content: Content): ObjectVersion {
    const bucket = this.buckets.require(bucketName, region);
    return store(
      this.#context,
      bucket,
      { Bucket: bucketName, Key: key },
      { content, checksums: {}, hasChecksum: false },
    );
  }

  /** Rules run at midnight UTC while a bucket that has some holds anything. */
  #changed(bucket: Bucket): void {
    if (bucket.rules.length === 0 || this.#lifecycleAt !== undefined) return;
    const { kernel } = this.#services;
    const at = nextMidnight(kernel.now());
    this.#lifecycleAt = at;
    kernel.at(at, 'S3 lifecycle', () => {
      this.#lifecycleAt = undefined;
      for (const one of this.buckets.all) {
        if (one.rules.length === 0) continue;
        runLifecycle(this.#context, one);
        if (one.keys.length > 0 || one.uploads.size > 0) this.#changed(one);
      }
    });
  }
}

/** S3 as a module of the simulated world. */
export const createS3: CreateModule = ({ account, iam }) => {
  const s3 = new S3(account, iam);
  return { services: [s3], providers: s3.providers };
};
