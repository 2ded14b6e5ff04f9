/** An HTTPS request as it left a function, taken at the boundary where the real one would open a socket. */
export interface NetworkRequest {
  readonly method: string;
  readonly host: string;
  readonly port: number;
  /** Path with query, as sent. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Certificate authorities the client trusts for this request, PEM; undefined: the public ones. */
  readonly certificateAuthority?: string;
  readonly source: NetworkSource;
}

/** Where a request comes from. */
export interface NetworkSource {
  readonly functionName: string;
  readonly region: string;
  /** Undefined for a function outside any VPC. */
  readonly vpcId?: string;
  /** Where its network interfaces may stand; none outside any VPC. */
  readonly subnetIds?: readonly string[];
  readonly securityGroupIds?: readonly string[];
}

export interface NetworkResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** A connection that fails before there is a response; `code` as Node's sockets give it. */
export class NetworkError extends Error {
  readonly code: string;

  constructor(
    code:
      | 'ENOTFOUND'
      | 'ECONNREFUSED'
      | 'ECONNRESET'
      | 'ETIMEDOUT'
      | 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'
      | 'SELF_SIGNED_CERT_IN_CHAIN'
      | 'ERR_TLS_CERT_ALTNAME_INVALID',
    message: string,
  ) {
    super(message);
    this.name = 'Error';
    this.code = code;
  }
}

/** One simulated peer: the AWS endpoints, a cluster's API server, CloudFormation's answer bucket. */
export interface NetworkPeer {
  /** Shown where no peer matches. */
  readonly name: string;
  serves(host: string): boolean;
  handle(request: NetworkRequest): Promise<NetworkResponse>;
}

/** What a client believes of a server's certificate. */
export interface TlsClient {
  readonly servername: string;
  /** Authorities that the function trusts beside the public ones: PEM, or the file that it named to its runtime. */
  readonly certificateAuthority?: string;
}

/** The peer's end of one byte stream. */
export interface PeerStream {
  receive(bytes: Buffer): void;
  /** Answers a TLS handshake. Throws NetworkError when the client would not trust the peer, or it speaks no TLS at this point. */
  secure(client: TlsClient): void;
  /** The function closed the stream. */
  closed(): void;
}

/** The function's end of one byte stream. */
export interface ClientStream {
  receive(bytes: Buffer): void;
  /** The peer closed the stream. */
  closed(): void;
}

/** One simulated peer that speaks a protocol of its own over TCP: a database. */
export interface StreamPeer {
  readonly name: string;
  serves(host: string): boolean;
  /** Opens a stream. Throws NetworkError. */
  open(
    target: { readonly host: string; readonly port: number },
    source: NetworkSource,
    client: ClientStream,
  ): Promise<PeerStream>;
}

/** Opens the stream for the client, or something else in its place. Throws NetworkError. */
export type StreamInterception = (
  target: { readonly host: string; readonly port: number },
  source: NetworkSource,
  client: ClientStream,
  open: (client: ClientStream) => Promise<PeerStream>,
) => Promise<PeerStream>;

/** What a resolver of the source's region answers for a name; undefined where it has nothing of this type. */
export type NameResolution = (
  name: string,
  type: 'TXT',
  source: NetworkSource,
) => { readonly values: readonly string[] } | undefined;

/** Everything that functions can reach. A host nobody serves answers ENOTFOUND, as a closed network does. */
export class Network {
  readonly #peers: NetworkPeer[] = [];
  readonly #streamPeers: StreamPeer[] = [];
  #restriction: (request: NetworkRequest) => Promise<void> = async () => {};
  #interception: StreamInterception | undefined;
  #resolution: NameResolution = () => undefined;

  connect(peer: NetworkPeer): void {
    this.#peers.push(peer);
  }

  connectStream(peer: StreamPeer): void {
    this.#streamPeers.push(peer);
  }

  /** Opens a byte stream. Throws NetworkError. */
  async open(
    target: { readonly host: string; readonly port: number },
    source: NetworkSource,
    client: ClientStream,
  ): Promise<PeerStream> {
    const peer = this.#streamPeers.find((candidate) => candidate.serves(target.host));
    if (!peer) {
      throw new NetworkError(
        'ENOTFOUND',
        `getaddrinfo ENOTFOUND ${target.host}: ${source.functionName} opened a socket to a host that is not simulated; ` +
          `simulated are ${this.#streamPeers.map((known) => known.name).join(', ') || 'none'}.`,
      );
    }
    const opens = (end: ClientStream): Promise<PeerStream> => peer.open(target, source, end);
    return this.#interception ? this.#interception(target, source, client, opens) : opens(client);
  }

  /** Sets who answers for names. */
  resolveBy(resolution: NameResolution): void {
    this.#resolution = resolution;
  }

  /** Texts of the name's TXT records; undefined where there is none. */
  resolveTxt(name: string, source: NetworkSource): readonly string[] | undefined {
    return this.#resolution(name, 'TXT', source)?.values;
  }

  /** Lets every stream pass through `interception` from now on: how a fault gets between a client and its server. */
  intercept(interception: StreamInterception): void {
    this.#interception = interception;
  }

  /** Sets what decides before each request whether it gets through; it throws NetworkError for one that does not. */
  restrict(restriction: (request: NetworkRequest) => Promise<void>): void {
    this.#restriction = restriction;
  }

  /** Answers the request. Throws NetworkError. */
  async request(request: NetworkRequest): Promise<NetworkResponse> {
    const peer = this.#peers.find((candidate) => candidate.serves(request.host));
    if (!peer) {
      throw new NetworkError(
        'ENOTFOUND',
        `getaddrinfo ENOTFOUND ${request.host}: ${request.source.functionName} asked for a host that is not simulated; ` +
          `simulated are ${this.#peers.map((known) => known.name).join(', ')}.`,
      );
    }
    await this.#restriction(request);
    return peer.handle(request);
  }
}
