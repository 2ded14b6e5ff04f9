import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { describe, expect, it } from 'vitest';
import { tokenVerifier } from '../../../rehearsal/aws/eks-tokens.ts';
import { verifyPresignedUrl } from '../../../rehearsal/aws/wire/index.ts';
import { CredentialStore } from '../../../rehearsal/lambda/index.ts';

const now = Date.UTC(2026, 10, 20, 12);
const roleArn = 'arn:aws:iam::111111111111:role/task';
const store = () => new CredentialStore({ seed: 1, now: () => now });

/** The hash that the signer asks for, on Node's own. */
class Sha256 {
  readonly #hash;
  constructor(secret?: string | Uint8Array) {
    this.#hash = secret ? createHmac('sha256', secret) : createHash('sha256');
  }
  update(data: Uint8Array | string) {
    this.#hash.update(data);
  }
  async digest() {
    return new Uint8Array(this.#hash.digest());
  }
  reset() {}
}

/** The URL inside an EKS token, presigned by the same library as the functions' tokens. */
async function presigned(
  credentials: CredentialStore,
  options: { cluster?: string; at?: number; secret?: string; region?: string } = {},
) {
  const issued = credentials.issue(roleArn, 'task');
  const region = options.region ?? 'us-east-1';
  const host = 'sts.us-east-1.amazonaws.com';
  const signer = new SignatureV4({
    service: 'sts',
    region,
    credentials: { ...issued, secretAccessKey: options.secret ?? issued.secretAccessKey },
    sha256: Sha256 as never,
  });
  const request = await signer.presign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname: host,
      path: '/',
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      headers: { host, 'x-k8s-aws-id': options.cluster ?? 'aeon' },
    },
    { expiresIn: 60, signingDate: new Date(options.at ?? now) },
  );
  return `https://${host}/?${new URLSearchParams(request.query as Record<string, string>)}`;
}

const headers = { 'x-k8s-aws-id': 'aeon' };

describe('a presigned URL', () => {
  it('tells who signed it, what is signed and until when it holds', async () => {
    const credentials = store();
    const url = await presigned(credentials);
    expect(verifyPresignedUrl(url, { credentials, now: now + 59_000, headers })).toEqual({
      accessKeyId: expect.stringMatching(/^ASIA/),
      roleArn,
      sessionName: 'task',
      signedHeaders: { host: 'sts.us-east-1.amazonaws.com', 'x-k8s-aws-id': 'aeon' },
      expiresAt: now + 60_000,
      holdsUntil: now + 60_000,
    });
  });

  it('is refused for another cluster, after its time, with another secret, region or query', async () => {
    const credentials = store();
    const check = { credentials, now, headers };
    const url = await presigned(credentials);
    const mismatch = 'does not match the signature you provided';
    expect(() => verifyPresignedUrl(url, { ...check, headers: { 'x-k8s-aws-id': 'other' } })).toThrow(mismatch);
    expect(() => verifyPresignedUrl(url, { ...check, now: now + 61_000 })).toThrow('Request has expired');
    expect(() => verifyPresignedUrl(url.replace('2011-06-15', '2011-06-16'), check)).toThrow(mismatch);
    const forged = await presigned(credentials, { secret: 'guessed' });
    expect(() => verifyPresignedUrl(forged, check)).toThrow(mismatch);
    const elsewhere = await presigned(credentials, { region: 'us-west-2' });
    expect(() => verifyPresignedUrl(elsewhere, check)).toThrow('scoped to a valid region');
    expect(() => verifyPresignedUrl('https://sts.us-east-1.amazonaws.com/', check)).toThrow(
      'no complete AWS Signature',
    );
    const unknown = new CredentialStore({ seed: 2, now: () => now });
    expect(() => verifyPresignedUrl(url, { ...check, credentials: unknown })).toThrow('security token');
  });
});

describe("a cluster's token", () => {
  it('is found right again and again until it expires, and never for another cluster', async () => {
    let at = now;
    const credentials = store();
    const verify = tokenVerifier({ credentials, now: () => at });
    const url = await presigned(credentials);
    for (at of [now, now + 1_000, now + 60_000]) {
      expect(verify(url, 'aeon')).toEqual({ roleArn, sessionName: 'task' });
      expect(() => verify(url, 'other')).toThrow('does not match');
    }
    at = now + 60_001;
    expect(() => verify(url, 'aeon')).toThrow('Request has expired');
  });

  it('holds no longer than the credentials behind it', async () => {
    let at = now;
    const credentials = store();
    const verify = tokenVerifier({ credentials, now: () => at });
    const expiresAt = credentials.issue(roleArn, 'task').expiresAt;
    at = expiresAt - 10_000;
    const url = await presigned(credentials, { at });
    expect(verify(url, 'aeon').roleArn).toBe(roleArn);
    at = expiresAt + 1;
    expect(() => verify(url, 'aeon')).toThrow('expired');
  });
});
