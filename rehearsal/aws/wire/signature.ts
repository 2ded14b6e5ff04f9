import { createHmac, createSecretKey, hash, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { CredentialStore, Credentials } from '../../lambda/credentials.ts';
import type { NetworkRequest } from '../../lambda/network.ts';
import { AwsError } from '../service.ts';

const algorithm = 'AWS4-HMAC-SHA256';
/** 'requests must be sent within five minutes of the time stamp': https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html */
const clockSkewMilliseconds = 5 * 60_000;

/** The parts of a credential scope: `ASIA…/20261120/us-east-1/ecr/aws4_request`. */
interface Scope {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

/** What a request's signature has to fit. */
export interface SignatureCheck {
  readonly credentials: CredentialStore;
  /** Virtual milliseconds since 1970. */
  readonly now: number;
  /** Region of the endpoint that got the request. */
  readonly region: string;
  /** Signing name of the endpoint's service. */
  readonly service: string;
  /** S3 encodes the path once only and may leave the body unsigned: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
  readonly rules?: 'usual' | 's3';
}

/**
 * Recomputes the AWS Signature Version 4 of a request and gives the credentials that made it. Throws AwsError with the names
 * of the JSON services: MissingAuthenticationTokenException, IncompleteSignatureException, UnrecognizedClientException,
 * ExpiredTokenException, InvalidSignatureException.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function verifySignature(request: NetworkRequest, check: SignatureCheck): Credentials {
  const authorization = request.headers['authorization'];
  if (!authorization) throw new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  const match = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
    authorization,
  );
  const scope = match && parseScope(match[1] ?? '');
  const date = request.headers['x-amz-date'];
  if (!match || !scope || !date) {
    throw new AwsError('IncompleteSignatureException', `The Authorization header cannot be read: ${authorization}`);
  }
  const credentials = knownCredentials(scope.accessKeyId, request.headers['x-amz-security-token'], check);
  checkScope(scope, check.region, check.service);
  checkDate(date, scope, check.now);
  const signedHeaders = (match[2] ?? '').split(';');
  const unsigned = Object.keys(request.headers).find(
    (name) => name.startsWith('x-amz-') && !signedHeaders.includes(name),
  );
  if (!signedHeaders.includes('host') || unsigned) {
    throw new AwsError(
      'InvalidSignatureException',
      `'${unsigned ?? 'host'}' must be a 'SignedHeader' in the AWS Authorization.`,
    );
  }
  const [path = '/', query = ''] = splitPath(request.path);
  const expected = sign(credentials.secretAccessKey, scope, date, {
    method: request.method,
    path,
    query: new URLSearchParams(query),
    headers: Object.fromEntries(signedHeaders.map((name) => [name, request.headers[name] ?? ''])),
    payloadHash: check.rules === 's3' ? declaredHash(request) : sha256(request.body),
    pathAsSent: check.rules === 's3',
  });
  requireEqual(expected, match[3] ?? '');
  return credentials;
}

/** What S3 takes for the body's hash: what the request says of it, which has to be true where it is one. */
function declaredHash({ headers, body }: NetworkRequest): string {
  const declared = headers['x-amz-content-sha256'];
  if (declared === undefined) {
    throw new AwsError('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
  }
  if (!/^[0-9a-f]{64}$/.test(declared) || declared === sha256(body)) return declared;
  throw new AwsError(
    'XAmzContentSHA256Mismatch',
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
  );
}

/** Who signed a presigned URL, and what the signature covers. */
export interface PresignedCaller {
  readonly accessKeyId: string;
  readonly roleArn: string;
  readonly sessionName: string;
  /** Lower-case names of the signed headers, with the values that were signed. */
  readonly signedHeaders: Readonly<Record<string, string>>;
  /** Virtual milliseconds since 1970. */
  readonly expiresAt: number;
  /** When the URL or the credentials behind it expire, whichever is first. Virtual milliseconds since 1970. */
  readonly holdsUntil: number;
}

/** What a presigned URL is checked against. */
export interface PresignedCheck {
  readonly credentials: CredentialStore;
  /** Virtual milliseconds since 1970. */
  readonly now: number;
  /** Headers that the verifier sends along with the URL, lower-case names: for an EKS token `x-k8s-aws-id`. `host` is taken from the URL. */
  readonly headers: Readonly<Record<string, string>>;
  /** Signing name of the service; `sts` unless told. */
  readonly service?: string;
}

/**
 * Checks a presigned GET URL (AWS Signature Version 4 in the query), such as the STS GetCallerIdentity URL inside an EKS
 * token. The region is that of the URL's own host. Throws AwsError: UnrecognizedClientException, ExpiredTokenException,
 * InvalidSignatureException, AccessDenied where the URL has expired.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html (query string)
 */
export function verifyPresignedUrl(text: string, check: PresignedCheck): PresignedCaller {
  const url = URL.parse(text);
  const query = url?.searchParams;
  const scope = parseScope(query?.get('X-Amz-Credential') ?? '');
  const date = query?.get('X-Amz-Date');
  const seconds = Number(query?.get('X-Amz-Expires'));
  const signature = query?.get('X-Amz-Signature');
  if (
    url?.protocol !== 'https:' ||
    !query ||
    !scope ||
    !date ||
    !signature ||
    query.get('X-Amz-Algorithm') !== algorithm
  ) {
    throw new AwsError('IncompleteSignatureException', 'The URL carries no complete AWS Signature Version 4.', 403);
  }
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html: 1 second to 7 days.
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 604_800) {
    throw new AwsError(
      'AuthorizationQueryParametersError',
      `X-Amz-Expires is '${query.get('X-Amz-Expires')}'; 1 to 604800 is allowed.`,
    );
  }
  const credentials = knownCredentials(scope.accessKeyId, query.get('X-Amz-Security-Token') ?? undefined, check);
  checkScope(scope, regionOfHost(url.hostname), check.service ?? 'sts');
  const signedAt = parseDate(date, scope);
  const expiresAt = signedAt + seconds * 1000;
  if (check.now > expiresAt) throw new AwsError('AccessDenied', 'Request has expired', 403);
  if (signedAt - check.now > clockSkewMilliseconds) throw skewed(date, check.now);
  const names = (query.get('X-Amz-SignedHeaders') ?? '').split(';');
  const given: Readonly<Record<string, string>> = { ...check.headers, host: url.host };
  const signedHeaders = Object.fromEntries(names.map((name) => [name, given[name] ?? '']));
  const unsignedQuery = new URLSearchParams(query);
  unsignedQuery.delete('X-Amz-Signature');
  const expected = sign(credentials.secretAccessKey, scope, date, {
    method: 'GET',
    path: url.pathname,
    query: unsignedQuery,
    headers: signedHeaders,
    payloadHash: sha256(''),
  });
  requireEqual(expected, signature);
  const { accessKeyId, roleArn, sessionName } = credentials;
  const holdsUntil = Math.min(expiresAt, credentials.expiresAt);
  return { accessKeyId, roleArn, sessionName, signedHeaders, expiresAt, holdsUntil };
}

function splitPath(path: string): [string, string] {
  const mark = path.indexOf('?');
  return mark === -1 ? [path, ''] : [path.slice(0, mark), path.slice(mark + 1)];
}

function regionOfHost(host: string): string {
  const [, region = ''] = /^(?:rds|sts)\.([a-z0-9-]+)\.amazonaws\.com$/.exec(host) ?? [];
  return host === 'sts.amazonaws.com' ? 'us-east-1' : region;
}

function parseScope(text: string): Scope | undefined {
  const [accessKeyId, date, region, service, end, ...rest] = text.split('/');
  if (!accessKeyId || !date || !region || !service || end !== 'aws4_request' || rest.length > 0) return undefined;
  return { accessKeyId, date, region, service };
}

function knownCredentials(
  accessKeyId: string,
  sessionToken: string | undefined,
  check: { readonly credentials: CredentialStore; readonly now: number },
): Credentials {
  const credentials = check.credentials.find(accessKeyId);
  if (!credentials || credentials.sessionToken !== sessionToken) {
    throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.');
  }
  if (check.now > credentials.expiresAt) {
    throw new AwsError('ExpiredTokenException', 'The security token included in the request is expired');
  }
  return credentials;
}

function checkScope(scope: Scope, region: string, service: string): void {
  if (scope.region === region && scope.service === service) return;
  throw new AwsError(
    'InvalidSignatureException',
    `Credential should be scoped to a valid region and service: '${scope.region}/${scope.service}' came, '${region}/${service}' is wanted.`,
  );
}

function checkDate(date: string, scope: Scope, now: number): void {
  if (Math.abs(parseDate(date, scope) - now) > clockSkewMilliseconds) throw skewed(date, now);
}

/** `20261120T200000Z` as milliseconds since 1970. */
function parseDate(date: string, scope: Scope): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date);
  if (!match || date.slice(0, 8) !== scope.date) {
    throw new AwsError(
      'InvalidSignatureException',
      `The date '${date}' does not fit the credential's '${scope.date}'.`,
    );
  }
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** AWS's JSON and query services call it an invalid signature and say that it expired; only S3 has RequestTimeTooSkewed. */
function skewed(date: string, now: number): AwsError {
  const clock = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
  return new AwsError('InvalidSignatureException', `Signature expired: ${date} is not within 5 minutes of ${clock}.`);
}

interface Signable {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** The signed headers alone. */
  readonly headers: Readonly<Record<string, string>>;
  readonly payloadHash: string;
  readonly pathAsSent?: boolean;
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function sign(secret: string, scope: Scope, date: string, request: Signable): string {
  const names = Object.keys(request.headers).sort();
  const canonical = [
    request.method,
    // Encoded once more than on the wire, as all services but S3 ask for.
    request.pathAsSent ? request.path : request.path.split('/').map(encode).join('/'),
    [...request.query]
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .sort()
      .join('&'),
    ...names.map((name) => `${name}:${(request.headers[name] ?? '').trim().replace(/\s+/g, ' ')}`),
    '',
    names.join(';'),
    request.payloadHash,
  ].join('\n');
  const region = `${scope.date}/${scope.region}/${scope.service}/aws4_request`;
  const toSign = [algorithm, date, region, sha256(canonical)].join('\n');
  return hmac(signingKey(secret, scope), toSign).toString('hex');
}

const signingKeys = new Map<string, KeyObject>();

/** The key of a day, region and service: derived once, since a function signs many requests with it. */
function signingKey(secret: string, scope: Scope): KeyObject {
  const name = `${secret}/${scope.date}/${scope.region}/${scope.service}`;
  let key = signingKeys.get(name);
  if (!key) {
    const derived = [scope.date, scope.region, scope.service, 'aws4_request'].reduce(
      hmac,
      Buffer.from(`AWS4${secret}`),
    );
    // Node takes five times as long for an HMAC with a key that it has to look at first.
    key = createSecretKey(derived);
    signingKeys.set(name, key);
  }
  return key;
}

function hmac(key: Buffer | KeyObject, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(content: string | Buffer): string {
  return hash('sha256', content, 'hex');
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

function requireEqual(expected: string, given: string): void {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  if (a.length === b.length && timingSafeEqual(a, b)) return;
  throw new AwsError(
    'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
    403,
  );
}
