import * as cloudwatch from '@aws-sdk/client-cloudwatch';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as ec2 from '@aws-sdk/client-ec2';
import * as ecr from '@aws-sdk/client-ecr';
import * as eks from '@aws-sdk/client-eks';
import * as elasticloadbalancing from '@aws-sdk/client-elastic-load-balancing-v2';
import * as iam from '@aws-sdk/client-iam';
import * as kms from '@aws-sdk/client-kms';
import * as lambda from '@aws-sdk/client-lambda';
import * as rds from '@aws-sdk/client-rds';
import * as s3 from '@aws-sdk/client-s3';
import * as secretsmanager from '@aws-sdk/client-secrets-manager';
import * as sfn from '@aws-sdk/client-sfn';
import * as sns from '@aws-sdk/client-sns';
import * as ssm from '@aws-sdk/client-ssm';
import type { WireProtocol } from './protocol.ts';
import { ec2Protocol } from './protocol-ec2.ts';
import { jsonProtocol } from './protocol-json.ts';
import { queryProtocol } from './protocol-query.ts';
import { restJsonProtocol } from './protocol-rest-json.ts';
import { restXmlProtocol } from './protocol-rest-xml.ts';

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
  /** The bucket's name stands before the host: S3. */
  readonly bucketHosts?: true;
  /** One endpoint for all regions, `<host>.amazonaws.com`, which stands in this one and takes its signature. */
  readonly globalRegion?: string;
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
  client('ec2', 'ec2', ec2Protocol('2016-11-15', 'http://ec2.amazonaws.com/doc/2016-11-15'), ec2),
  client('ecr', 'api.ecr', jsonProtocol('1.1', 'AmazonEC2ContainerRegistry_V20150921'), ecr, 'ecr'),
  client('eks', 'eks', restJsonProtocol('2017-11-01'), eks),
  client(
    'elasticloadbalancing',
    'elasticloadbalancing',
    queryProtocol('2015-12-01', 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/'),
    elasticloadbalancing,
  ),
  {
    ...client('iam', 'iam', queryProtocol('2010-05-08', 'https://iam.amazonaws.com/doc/2010-05-08/'), iam),
    globalRegion: 'us-east-1',
  },
  client('kms', 'kms', jsonProtocol('1.1', 'TrentService'), kms),
  client('lambda', 'lambda', restJsonProtocol('2015-03-31'), lambda),
  client('rds', 'rds', queryProtocol('2014-10-31', 'http://rds.amazonaws.com/doc/2014-10-31/'), rds),
  {
    ...client('s3', 's3', restXmlProtocol('2006-03-01', 'http://s3.amazonaws.com/doc/2006-03-01/'), s3),
    bucketHosts: true,
  },
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
