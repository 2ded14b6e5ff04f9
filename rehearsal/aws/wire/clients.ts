import * as cloudwatch from '@aws-sdk/client-cloudwatch';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as ecr from '@aws-sdk/client-ecr';
import * as elasticloadbalancing from '@aws-sdk/client-elastic-load-balancing-v2';
import * as secretsmanager from '@aws-sdk/client-secrets-manager';
import * as sfn from '@aws-sdk/client-sfn';
import * as sns from '@aws-sdk/client-sns';
import * as ssm from '@aws-sdk/client-ssm';
import type { WireProtocol } from './protocol.ts';
import { jsonProtocol } from './protocol-json.ts';
import { queryProtocol } from './protocol-query.ts';

/** One SDK client that functions may use. */
export interface WireClient {
  /** Id of the simulated service. */
  readonly service: string;
  /** What stands before the region in the endpoint's host. */
  readonly host: string;
  /** The service in the signature's credential scope. */
  readonly signingName: string;
  readonly protocol: WireProtocol;
  /** The client's module: its exports hold the schemas of all operations and errors. */
  readonly schemas: Readonly<Record<string, unknown>>;
}

/**
 * The clients whose requests the wire understands; a line each. The protocol's parameters are those of the client's own
 * `runtimeConfig.shared`; `test/rehearsal/wire/clients.test.ts` compares them.
 */
export const wireClients: readonly WireClient[] = [
  client(
    'cloudwatch',
    'monitoring',
    jsonProtocol('1.0', 'GraniteServiceVersion20100801', { queryErrors: true }),
    cloudwatch,
  ),
  client('dynamodb', 'dynamodb', jsonProtocol('1.0', 'DynamoDB_20120810'), dynamodb),
  client('ecr', 'api.ecr', jsonProtocol('1.1', 'AmazonEC2ContainerRegistry_V20150921'), ecr, 'ecr'),
  client(
    'elasticloadbalancing',
    'elasticloadbalancing',
    queryProtocol('2015-12-01', 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/'),
    elasticloadbalancing,
  ),
  client('secretsmanager', 'secretsmanager', jsonProtocol('1.1', 'secretsmanager'), secretsmanager),
  client('sns', 'sns', queryProtocol('2010-03-31', 'http://sns.amazonaws.com/doc/2010-03-31/'), sns),
  client('ssm', 'ssm', jsonProtocol('1.1', 'AmazonSSM'), ssm),
  client('states', 'states', jsonProtocol('1.0', 'AWSStepFunctions'), sfn),
];

function client(
  service: string,
  host: string,
  protocol: WireProtocol,
  schemas: Readonly<Record<string, unknown>>,
  signingName = host,
): WireClient {
  return { service, host, signingName, protocol, schemas };
}
