/** Objects in S3. Every method throws AwsUnavailable where trying later is right, and AwsRefused where it is not. */

export interface ObjectPlace {
  readonly bucket: string;
  readonly key: string;
}

/** What is known of an object's content: hexadecimal SHA-256 over all of it. */
export interface ObjectDigest {
  readonly bytes: number;
  readonly sha256: string;
}

export interface ListedObject {
  readonly key: string;
  readonly bytes: number;
}

/** An object that is written piece by piece; nobody sees it before its end. */
export interface ObjectUpload {
  write(piece: Uint8Array): Promise<void>;
  end(): Promise<ObjectDigest>;
  /** Leaves nothing behind. */
  abort(): Promise<void>;
}

export interface ObjectCopy {
  readonly from: ObjectPlace;
  readonly to: ObjectPlace;
  /** KMS key ARN of the region that it goes to. */
  readonly encryptionKey: string;
  /** Nobody deletes or changes it before, whatever rights they have: Object Lock in compliance mode. */
  readonly lockedUntil?: Date;
  /** Of what may have more than five gibibytes: it is copied in parts then. */
  readonly bytes?: number;
}

/** Buckets of one region. */
export interface StoredObjects {
  /** Writes it whole, encrypted with the key; a second write of the same is a version like the first. */
  put(to: ObjectPlace, body: Uint8Array, encryptionKey: string): Promise<ObjectDigest>;
  upload(to: ObjectPlace, encryptionKey: string): ObjectUpload;
  /** Undefined: there is none. */
  read(from: ObjectPlace): Promise<Uint8Array | undefined>;
  /** Reads all of it and keeps nothing of it. Undefined: there is none. */
  digestOf(of: ObjectPlace): Promise<ObjectDigest | undefined>;
  /** To a bucket of this region, from one of any region. */
  copy(copy: ObjectCopy): Promise<void>;
  /** Everything below a prefix, by key, `afterKey` excluded: as many as one call answers. */
  list(bucket: string, prefix: string, afterKey?: string): Promise<readonly ListedObject[]>;
}
