import type { CredentialStore } from '../../lambda/credentials.ts';
import { NetworkError, type NetworkPeer, type NetworkRequest, type NetworkResponse } from '../../lambda/network.ts';
import { type AccountServices, AwsError, NoAnswer, type OperationInput, Unmodelled } from '../service.ts';
import { type WireClient, wireClients } from './clients.ts';
import { commonError } from './errors.ts';
import { ShapeProblem } from './problem.ts';
import type { WireAnswer } from './protocol.ts';
import { type ClientShapes, type OperationShape, readShapes } from './shapes.ts';
import { verifySignature } from './signature.ts';

interface Endpoint {
  readonly client: WireClient;
  readonly region: string;
}

const shapes = new Map<WireClient, ClientShapes>();

/** The client's schemas, read once a process. */
function shapesOf(client: WireClient): ClientShapes {
  let known = shapes.get(client);
  if (!known) {
    known = readShapes(client.schemas);
    shapes.set(client, known);
  }
  return known;
}

/** The AWS endpoints (`<service>.<region>.amazonaws.com`) as a peer of the functions' network. */
export function awsEndpoints(services: AccountServices, credentials: CredentialStore): NetworkPeer {
  return {
    name: 'the AWS endpoints',
    // Clusters' API servers and CloudFormation's answer bucket also live under amazonaws.com; other peers serve them.
    serves: (host) =>
      host.endsWith('.amazonaws.com') &&
      !/\.eks\./.test(host) &&
      !/^cloudformation-custom-resource-response-/.test(host),
    async handle(request) {
      const endpoint = endpointOf(request);
      const requestId = services.nextId('wire', 'uuid');
      const answer = await answerOf(services, credentials, endpoint, request, requestId);
      return {
        ...answer,
        headers: { ...answer.headers, date: new Date(services.kernel.now()).toUTCString() },
      } satisfies NetworkResponse;
    },
  };
}

async function answerOf(
  services: AccountServices,
  credentials: CredentialStore,
  { client, region }: Endpoint,
  request: NetworkRequest,
  requestId: string,
): Promise<WireAnswer> {
  const { protocol } = client;
  try {
    const rules = client.bucketHosts ? ('s3' as const) : ('usual' as const);
    const check = { credentials, now: services.kernel.now(), region, service: client.signingName, rules };
    const { roleArn, sessionName, sourceFunctionArn } = verifySignature(request, check);
    const operation = operationOf(client, protocol.operation(request, shapesOf(client)));
    const output = await services.call({
      service: client.service,
      operation: operation.name,
      input: protocol.decode(operation, request),
      principal: {
        kind: 'role',
        roleArn,
        sessionName,
        ...(sourceFunctionArn === undefined ? {} : { sourceFunctionArn }),
      },
      region,
    });
    return encoded(client, operation, output, requestId);
  } catch (error) {
    if (error instanceof NoAnswer) throw new NetworkError('ECONNRESET', 'socket hang up');
    if (!(error instanceof AwsError)) throw error;
    const answer = encodedError(client, error, requestId);
    return request.method === 'HEAD' ? { ...answer, body: '' } : answer;
  }
}

function encoded(client: WireClient, operation: OperationShape, output: OperationInput, requestId: string): WireAnswer {
  try {
    return client.protocol.encode(operation, output, requestId);
  } catch (error) {
    if (!(error instanceof ShapeProblem)) throw error;
    throw new Unmodelled(
      `The simulated ${client.service}:${operation.name} answers with what AWS does not have: ${error.message}`,
    );
  }
}

/** Only errors that AWS has: those of the service's model and those common to all services. */
function encodedError(client: WireClient, error: AwsError, requestId: string): WireAnswer {
  const { errors } = shapesOf(client);
  const shape = errors.get(error.name) ?? [...errors.values()].find((candidate) => candidate.queryCode === error.name);
  const documented = shape !== undefined || client.protocol.documentedErrors?.has(error.name) === true;
  const named = documented ? error : commonError(error, client.protocol.kind);
  if (!named) {
    throw new Unmodelled(
      `The simulated ${client.service} answers with the error ${error.name}, which is not in the service's model: ${error.message}`,
    );
  }
  return client.protocol.encodeError(named, shape, requestId);
}

function operationOf(client: WireClient, name: string): OperationShape {
  const operation = shapesOf(client).operations.get(name);
  if (!operation) throw new AwsError('UnknownOperationException', `The operation ${name} does not exist.`);
  return operation;
}

const endpoints = new Map<string, Endpoint>();

function endpointOf(request: NetworkRequest): Endpoint {
  const known = endpoints.get(request.host) ?? findEndpoint(request);
  if (endpoints.size < 1000) endpoints.set(request.host, known);
  return known;
}

function findEndpoint(request: NetworkRequest): Endpoint {
  for (const client of wireClients) {
    if (client.globalRegion !== undefined) {
      if (request.host === `${client.host}.amazonaws.com`) return { client, region: client.globalRegion };
      continue;
    }
    const host = client.bucketHosts ? request.host.replace(/^.+\.(?=s3\.)/, '') : request.host;
    const region = host.slice(client.host.length + 1, -'.amazonaws.com'.length);
    if (host === `${client.host}.${region}.amazonaws.com` && /^[a-z]{2}(-[a-z]+)+-\d$/.test(region))
      return { client, region };
  }
  throw new Unmodelled(
    `${request.source.functionName} called ${request.host}; the wire knows ${wireClients.map(({ host }) => `${host}.<region>.amazonaws.com`).join(', ')}.`,
  );
}
