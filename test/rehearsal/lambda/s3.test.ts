import { beforeAll, expect, it } from 'vitest';
import { S3 } from '../../../rehearsal/aws/s3.ts';
import { bundleHandler } from './bundle.ts';
import { lambdaWorld } from './world.ts';

let folder = '';

beforeAll(async () => {
  folder = await bundleHandler(`
    import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
    const s3 = new S3Client({});
    export const handler = async ({ size }: { size: number }) => {
      const at = { Bucket: 'sets', Key: 'state/a b.json' };
      const put = await s3.send(new PutObjectCommand({ ...at, Body: 'x'.repeat(size) }));
      const read = await s3.send(new GetObjectCommand(at));
      return { etag: put.ETag, read: (await read.Body!.transformToString()).length };
    };
  `);
});

it.each([10, 3_000_000])('a function puts %i bytes into a bucket and reads them back', async (size) => {
  const statements = [{ Effect: 'Allow', Action: ['s3:PutObject', 's3:GetObject'], Resource: 'arn:aws:s3:::sets/*' }];
  const { account, iam, create, answer, kernel } = await lambdaWorld({ folder, statements });
  const s3 = new S3(account, iam);
  account.register({ services: [s3], providers: s3.providers });
  await create('AWS::S3::Bucket', 'Sets', { BucketName: 'sets' });
  const from = kernel.now();
  expect(await answer({ size })).toEqual({ etag: expect.stringMatching(/^"[0-9a-f]{32}"$/), read: size });
  // Large bodies are announced first (Expect: 100-continue); the announcement is answered at once.
  expect(kernel.now() - from).toBeLessThan(500);
});
