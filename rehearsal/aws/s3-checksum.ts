import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type Checksums, type Content, sizeOf } from './s3-store.ts';
import { AwsError, type OperationInput, Unmodelled } from './service.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html; others are Unmodelled by the operations' inputs. */
export const checksumMembers = ['ChecksumCRC32', 'ChecksumSHA1', 'ChecksumSHA256'] as const;

type Member = (typeof checksumMembers)[number];

function computed(member: Member, bytes: Uint8Array): string {
  if (member === 'ChecksumCRC32') {
    const four = Buffer.alloc(4);
    four.writeUInt32BE(crc32(bytes));
    return four.toString('base64');
  }
  return createHash(member === 'ChecksumSHA1' ? 'sha1' : 'sha256')
    .update(bytes)
    .digest('base64');
}

/** The checksum of an algorithm by its name in requests, `SHA256`. What has no bytes here gets one from its ETag: the same for each copy. */
export function checksumOf(algorithm: string, content: Content, etag: string): Checksums {
  const member = checksumMembers.find((known) => known === `Checksum${algorithm}`);
  if (!member) throw new Unmodelled(`The checksum ${algorithm} is not modelled; ${checksumMembers.join(', ')} are.`);
  return { [member]: computed(member, 'bytes' in content ? content.bytes : Buffer.from(etag)) };
}

/** The checksums that came with the bytes, once they have been found right. Throws AwsError BadDigest. */
export function checkedChecksums(input: OperationInput, bytes: Uint8Array): Checksums {
  const given = checksumMembers.filter((member) => input[member] !== undefined);
  const md5 = input['ContentMD5'];
  if (md5 !== undefined && md5 !== createHash('md5').update(bytes).digest('base64')) {
    throw new AwsError('BadDigest', 'The Content-MD5 you specified did not match what we received.');
  }
  for (const member of given) {
    if (input[member] === computed(member, bytes)) continue;
    const name = member.slice('Checksum'.length);
    throw new AwsError('BadDigest', `The ${name} you specified did not match the calculated checksum.`);
  }
  return Object.fromEntries(given.map((member) => [member, String(input[member])]));
}

/** An ETag is no MD5 of the content where a key of KMS encrypts: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html */
export function etagOf(content: Content, seed: string): string {
  const hash = createHash('md5').update('bytes' in content ? content.bytes : `${sizeOf(content)}/${seed}`);
  return `"${hash.digest('hex')}"`;
}
