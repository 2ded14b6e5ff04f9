import { kubernetesCallMilliseconds, unansweredCallMilliseconds } from '../aws/durations.ts';
import { Unmodelled } from '../aws/service.ts';
import type { CallFault } from '../faults/fault.ts';
import { NetworkError, type NetworkRequest, type NetworkResponse } from '../lambda/network.ts';
import { type AccessEntry, authenticate } from './authentication.ts';
import { ApiError, forbidden } from './errors.ts';
import type { ClusterOptions, ClusterPorts, TokenCaller } from './ports.ts';
import type { Rbac, User } from './rbac.ts';
import { type ApiAnswer, type ApiCall, perform } from './requests.ts';
import { parseResourcePath, type ResourcePath } from './resource-path.ts';
import { type ObjectStore, subjectOf } from './store.ts';

const verbs: Readonly<Record<string, string>> = {
  GET: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** A cluster's API server on the network: connection, authentication, authorisation, faults, the log. */
export class ApiServer {
  /** Of the access entries, by the ARN of their role. */
  readonly entries = new Map<string, AccessEntry>();
  readonly #options: ClusterOptions;
  readonly #ports: ClusterPorts;
  readonly #store: ObjectStore;
  readonly #rbac: Rbac;
  readonly #certificate: string;

  constructor(options: {
    readonly cluster: ClusterOptions;
    readonly ports: ClusterPorts;
    readonly store: ObjectStore;
    readonly rbac: Rbac;
    /** PEM of the cluster's certificate authority. */
    readonly certificate: string;
  }) {
    this.#options = options.cluster;
    this.#ports = options.ports;
    this.#store = options.store;
    this.#rbac = options.rbac;
    this.#certificate = options.certificate;
  }

  /** Answers one request. Throws NetworkError as a socket would; Unmodelled also ends the run. */
  async handle(request: NetworkRequest): Promise<NetworkResponse> {
    await this.#connect(request);
    try {
      return await this.#ports.kernel.within(this.#options.region, () => this.#answer(request));
    } catch (error) {
      if (error instanceof Unmodelled) this.#ports.kernel.fail(error);
      throw error;
    }
  }

  async #connect({ source, certificateAuthority }: NetworkRequest): Promise<void> {
    const { kernel } = this.#ports;
    const { name, vpcId, publicAccess, privateAccess } = this.#options;
    const isInside = source.vpcId !== undefined && source.vpcId === vpcId && source.region === this.#options.region;
    if (!(isInside && privateAccess) && !publicAccess) {
      await kernel.sleep(unansweredCallMilliseconds, `kubernetes ${name}: out of reach`);
      const where = source.vpcId === undefined ? 'outside any VPC' : `in ${source.vpcId} (${source.region})`;
      throw new NetworkError(
        'ETIMEDOUT',
        `connect ETIMEDOUT: the endpoint of ${name} is private to ${vpcId}; ${source.functionName} runs ${where}`,
      );
    }
    await kernel.sleep(kubernetesCallMilliseconds, `kubernetes ${name}`);
    if (normalised(certificateAuthority) !== normalised(this.#certificate)) {
      throw new NetworkError('UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate');
    }
  }

  async #answer(request: NetworkRequest): Promise<NetworkResponse> {
    const url = new URL(request.path, 'https://cluster');
    const seen: { user: string; verb: string } = {
      user: 'system:anonymous',
      verb: (verbs[request.method] ?? request.method).toLowerCase(),
    };
    let fault: CallFault | undefined;
    let response: NetworkResponse;
    let outcome = 'ok';
    try {
      const { user, caller } = this.#authenticate(request);
      seen.user = user.name;
      if (url.pathname === '/version') return json(200, { major: '1', minor: '36', gitVersion: 'v1.36.0-eks' });
      const path = parseResourcePath(url.pathname);
      seen.verb = path.name === undefined && request.method === 'GET' ? 'list' : seen.verb;
      fault = this.#fault(seen.verb, path, caller);
      await this.#suffer(fault, path);
      this.#authorise(user, seen.verb, path, request);
      const answer = this.#perform(request, url, path);
      response = json(answer.status, answer.body);
    } catch (error) {
      if (!(error instanceof ApiError)) {
        this.#log(seen, url.pathname, error instanceof NetworkError ? error.code : 'Unmodelled', fault);
        throw error;
      }
      outcome = error.reason;
      response = json(error.code, error.toStatus(), error.details?.retryAfterSeconds);
    }
    this.#log(seen, url.pathname, outcome, fault);
    if (fault?.kind === 'lost-answer') throw new NetworkError('ECONNRESET', 'read ECONNRESET');
    return response;
  }

  #authenticate(request: NetworkRequest): { readonly user: User; readonly caller: TokenCaller } {
    const { name } = this.#options;
    return authenticate(request.headers['authorization'], (url) => this.#ports.verifyToken(url, name), this.entries);
  }

  #fault(verb: string, path: ResourcePath, caller: TokenCaller): CallFault | undefined {
    const { kernel, faults, log } = this.#ports;
    const operation = `${verb} ${resourceOf(path)}`;
    const principal = { kind: 'role', ...caller } as const;
    const fault = faults.onCall({
      at: kernel.now(),
      service: 'kubernetes',
      operation,
      region: this.#options.region,
      principal,
    });
    if (fault) log.write('fault.injected', { fault: fault.kind, on: `kubernetes:${operation}` });
    return fault;
  }

  async #suffer(fault: CallFault | undefined, path: ResourcePath): Promise<void> {
    if (fault?.kind === 'timeout') {
      await this.#ports.kernel.sleep(unansweredCallMilliseconds, 'kubernetes: no answer');
      throw new NetworkError('ETIMEDOUT', 'read ETIMEDOUT');
    }
    if (fault?.kind === 'throttle') {
      const message = 'the server has received too many requests and has asked us to try again later';
      throw new ApiError(429, 'TooManyRequests', message, { retryAfterSeconds: 1 });
    }
    if (fault?.kind === 'server-error')
      throw new ApiError(500, 'InternalError', 'Internal error occurred: etcdserver: request timed out');
    if (fault?.kind === 'denied')
      throw forbidden(subjectOf(path.kind, path.name ?? ''), 'a fault of this run denies the call');
  }

  #authorise(user: User, verb: string, path: ResourcePath, request: NetworkRequest): void {
    const asked = {
      group: path.kind.group,
      resource: resourceOf(path),
      namespace: path.namespace,
      name: path.name ?? '',
    };
    const check = (wanted: string) => {
      const refusal = this.#rbac.refusal(user, { ...asked, verb: wanted });
      if (refusal === undefined) return;
      this.#ports.log.write('iam.denied', {
        principal: user.name,
        action: `kubernetes:${wanted} ${asked.resource}`,
        resource: `${path.namespace ?? ''}/${asked.name}`,
        reason: refusal,
      });
      throw forbidden(subjectOf(path.kind, asked.name), refusal);
    };
    check(verb);
    // An apply that makes the object needs the right to create as well.
    const isApply = request.headers['content-type'] === 'application/apply-patch+yaml';
    if (isApply && path.name !== undefined && !this.#store.get(path.kind.kind, path.namespace, path.name))
      check('create');
  }

  #perform(request: NetworkRequest, url: URL, path: ResourcePath): ApiAnswer {
    const call: ApiCall = {
      method: request.method,
      path,
      query: url.searchParams,
      contentType: (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '',
      userAgent: request.headers['user-agent'] ?? '',
      body: request.body.toString(),
    };
    return perform(this.#store, call);
  }

  #log(
    { user, verb }: { user: string; verb: string },
    path: string,
    outcome: string,
    fault: CallFault | undefined,
  ): void {
    this.#ports.log.write('kubernetes.called', {
      region: this.#options.region,
      verb,
      path,
      user,
      outcome,
      fault: fault?.kind,
    });
  }
}

function resourceOf({ kind, subresource }: ResourcePath): string {
  return subresource === undefined ? kind.plural : `${kind.plural}/${subresource}`;
}

function json(status: number, body: object, retryAfterSeconds?: number): NetworkResponse {
  const headers = {
    'content-type': 'application/json',
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
  };
  return { status, headers, body: JSON.stringify(body) };
}

function normalised(pem: string | undefined): string {
  return (pem ?? '').replaceAll(/\s+/g, '');
}
