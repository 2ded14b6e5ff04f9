import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ECRClient } from '@aws-sdk/client-ecr';
import { EKSClient } from '@aws-sdk/client-eks';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { RDSClient } from '@aws-sdk/client-rds';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { SSMClient } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { wireClients } from '../../../rehearsal/aws/wire/clients.ts';

/** What the SDK puts into a client's configuration and types leave out. */
interface RuntimeConfiguration {
  readonly serviceId: string;
  readonly protocol: { getShapeId(): string };
  readonly protocolSettings: {
    readonly serviceTarget: string;
    readonly version: string;
    readonly xmlNamespace: string;
    readonly awsQueryCompatible?: boolean;
  };
  endpointProvider(parameters: object): { readonly url: URL };
  httpAuthSchemeProvider(parameters: object): readonly { readonly signingProperties?: { readonly name?: string } }[];
}

const options = { region: 'eu-west-1', credentials: { accessKeyId: 'ASIATEST', secretAccessKey: 'secret' } };
const clients = {
  cloudwatch: ['CloudWatch', new CloudWatchClient(options)],
  dynamodb: ['DynamoDB', new DynamoDBClient(options)],
  ec2: ['EC2', new EC2Client(options)],
  ecr: ['ECR', new ECRClient(options)],
  eks: ['EKS', new EKSClient(options)],
  elasticloadbalancing: ['Elastic Load Balancing v2', new ElasticLoadBalancingV2Client(options)],
  iam: ['IAM', new IAMClient(options)],
  kms: ['KMS', new KMSClient(options)],
  lambda: ['Lambda', new LambdaClient(options)],
  rds: ['RDS', new RDSClient(options)],
  s3: ['S3', new S3Client(options)],
  secretsmanager: ['Secrets Manager', new SecretsManagerClient(options)],
  sns: ['SNS', new SNSClient(options)],
  ssm: ['SSM', new SSMClient(options)],
  states: ['SFN', new SFNClient(options)],
} as const;

function configurationOf(service: string): {
  readonly serviceId: string;
  readonly configuration: RuntimeConfiguration;
} {
  const found = Object.entries(clients).find(([name]) => name === service)?.[1];
  if (!found) throw new Error(`The test lists no SDK client for ${service}.`);
  return { serviceId: found[0], configuration: found[1].config as unknown as RuntimeConfiguration };
}

describe('what the wire takes for a client is what the SDK configures it with', () => {
  it('for every client of the wire, and for no other', () => {
    expect(wireClients.map(({ service }) => service)).toEqual(Object.keys(clients));
  });

  it.each(wireClients)('$service: protocol, target or version, and the service itself', ({ service, protocol }) => {
    const { serviceId, configuration } = configurationOf(service);
    const { serviceTarget, version, xmlNamespace, awsQueryCompatible = false } = configuration.protocolSettings;
    expect(configuration.serviceId).toBe(serviceId);
    expect(protocol.settings).toEqual({
      protocol: configuration.protocol.getShapeId(),
      ...(protocol.kind === 'json' ? { serviceTarget, awsQueryCompatible } : { version, xmlNamespace }),
    });
  });

  it.each(wireClients)('$service: host and signing name', ({ service, host, signingName, globalRegion }) => {
    const { configuration } = configurationOf(service);
    const { url } = configuration.endpointProvider({ Region: 'eu-west-1', UseFIPS: false, UseDualStack: false });
    const [scheme] = configuration.httpAuthSchemeProvider({
      region: 'eu-west-1',
      Region: 'eu-west-1',
      operation: 'Any',
    });
    expect(url.host).toBe(globalRegion === undefined ? `${host}.eu-west-1.amazonaws.com` : `${host}.amazonaws.com`);
    expect(scheme?.signingProperties?.name).toBe(signingName);
  });
});
