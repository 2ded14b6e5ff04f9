import { afterEach, describe, expect, it, vi } from 'vitest';
import { functionCredentials } from '../../lambdas/aws/credentials.ts';
import { clusterSettings } from '../../lambdas/handling/environment.ts';
import { clusterToken } from '../../lambdas/kubernetes/token.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('a cluster token', () => {
  it('is a presigned GetCallerIdentity of a minute that names the cluster in a signed header', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'ASIAEXAMPLE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    vi.stubEnv('AWS_SESSION_TOKEN', 'session');
    const token = await clusterToken('us-east-1', 'aeon', new Date('2026-11-02T09:00:00Z'));
    expect(token).toMatch(/^k8s-aws-v1\.[A-Za-z0-9_-]+$/);
    const url = new URL(Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString());
    expect(url.host).toBe('sts.us-east-1.amazonaws.com');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      Action: 'GetCallerIdentity',
      'X-Amz-SignedHeaders': 'host;x-k8s-aws-id',
      'X-Amz-Expires': '60',
      'X-Amz-Date': '20261102T090000Z',
      'X-Amz-Credential': 'ASIAEXAMPLE/20261102/us-east-1/sts/aws4_request',
      'X-Amz-Security-Token': 'session',
    });
  });
});

describe("a function's settings", () => {
  it('name each variable that is missing', () => {
    expect(() => clusterSettings({ AWS_REGION: 'us-east-1' })).toThrow(/MAINSTAY_CLUSTER_NAME/);
  });

  it('refuse an endpoint that is not encrypted', () => {
    const variables = {
      AWS_REGION: 'us-east-1',
      MAINSTAY_CLUSTER_NAME: 'aeon',
      MAINSTAY_CLUSTER_ENDPOINT: 'http://cluster',
      MAINSTAY_CLUSTER_CA: 'eA==',
    };
    expect(() => clusterSettings(variables)).toThrow(/MAINSTAY_CLUSTER_ENDPOINT/);
    expect(clusterSettings({ ...variables, MAINSTAY_CLUSTER_ENDPOINT: 'https://cluster' }).certificateAuthority).toBe(
      'x',
    );
  });

  it('say that there are no credentials rather than sign with none', () => {
    expect(() => functionCredentials({})).toThrow(/AWS_ACCESS_KEY_ID/);
  });
});
