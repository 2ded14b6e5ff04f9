import { Readable } from 'node:stream';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { beforeAll, describe, expect, it } from 'vitest';
import { assemblyOf } from '../../bin/cli/assembly.ts';
import { UnusableInput } from '../../bin/cli/input.ts';
import { type DescribingClient, deployedOutputs } from '../../bin/cli/outputs/deployed.ts';
import { kindOf, type StackOutput, type StackOutputs } from '../../bin/cli/outputs/output.ts';
import { synthesizedOutputs } from '../../bin/cli/outputs/synthesized.ts';
import { run } from '../../bin/cli/program.ts';
import { aeon } from '../../platforms/aeon.ts';

async function mainstay(...words: string[]): Promise<{ code: number; out: string; error: string }> {
  let out = '';
  let error = '';
  const code = await run(words, {
    out: (text) => {
      out += text;
    },
    error: (text) => {
      error += text;
    },
    interactive: false,
    color: false,
    now: () => 0,
  });
  return { code, out, error };
}

let stacks: readonly StackOutputs[] = [];
beforeAll(async () => {
  stacks = synthesizedOutputs(await assemblyOf(aeon, 'production', undefined));
}, 60_000);

function outputOf(stack: string, name: string): StackOutput | undefined {
  return stacks.find((one) => one.stack === stack)?.outputs.find((output) => output.name === name);
}

describe('outputs of the synthesized app', () => {
  it('give every stack a console link and a command to run', () => {
    expect(stacks.length).toBeGreaterThan(12);
    for (const { stack, outputs } of stacks) {
      const kinds = outputs.map(({ kind }) => kind);
      expect([stack, kinds.includes('console'), kinds.includes('command')]).toEqual([stack, true, true]);
    }
  });

  it('are complete where names decide, but for the number of the account', () => {
    expect(outputOf('AeonDelivery', 'PromoteARelease')).toMatchObject({
      kind: 'command',
      value:
        'aws stepfunctions start-execution --region us-east-1 --state-machine-arn arn:aws:states:us-east-1:<account>:stateMachine:mainstay-aeon-canary-promotion --input \'{"service":"aeon-dt-api","tag":"…"}\'',
      onlyTheAccountKnows: ['account'],
    });
    expect(outputOf('AeonWatching', 'PlatformDashboard')).toMatchObject({
      kind: 'console',
      onlyTheAccountKnows: [],
      value: expect.stringContaining('mainstay-aeon-platform'),
    });
    expect(outputOf('AeonWorkloads', 'AeonDtApiEndpoint')).toMatchObject({
      kind: 'endpoint',
      value: 'https://api.aeon.example.com',
    });
  });

  it('name what only an account knows, and guess nothing', () => {
    expect(outputOf('AeonNetwork', 'VpcId')).toMatchObject({
      value: '<id of Vpc8378EB38 in AeonNetwork>',
      onlyTheAccountKnows: ['id of Vpc8378EB38 in AeonNetwork'],
    });
    const text = JSON.stringify(stacks);
    expect(text).not.toContain('111111111111');
    expect(text).not.toContain('[object Object]');
    expect(text).not.toContain('undefined');
  });

  it('leave out what stacks write for each other', () => {
    expect(
      stacks
        .flatMap(({ outputs }) => outputs.map(({ name }) => name))
        .filter((name) => /^(Publish|Exports)Output/.test(name)),
    ).toEqual([]);
  });
});

describe('mainstay outputs', () => {
  it('prints one JSON object', async () => {
    const { code, out } = await mainstay('outputs', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ platform: 'aeon', stage: 'production', source: 'synthesized app' });
    expect(JSON.parse(out).stacks).toEqual(stacks);
  });

  it('says to a person what stands in the place of what it can’t know', async () => {
    const { out } = await mainstay('outputs');
    expect(out).toContain('To run next');
    expect(out).toContain('<…> stands for what only an account knows');
  });

  it('refuses an unknown platform and stage', async () => {
    expect(await mainstay('outputs', '--platform', 'zeus')).toMatchObject({
      code: 2,
      out: '',
      error: expect.stringContaining('UnknownPlatform'),
    });
    expect(await mainstay('outputs', '--stage', 'test')).toMatchObject({
      code: 2,
      out: '',
      error: expect.stringContaining(
        "UnknownStage: There is no stage 'test'. Known: development, staging, production.",
      ),
    });
  });
});

/** What CloudFormation was asked on the wire. */
interface Asked {
  readonly host: string;
  readonly form: Record<string, string>;
  readonly signed: boolean;
}

/** The answer's status and its XML, as AWS writes it: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html */
type Answer = readonly [status: number, xml: string];

const stackXml = (name: string, outputs: readonly (readonly [key: string, value: string, description: string])[]) => `
  <DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member>
    <StackName>${name}</StackName><StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-11-02T09:00:00.000Z</CreationTime>
    <Outputs>${outputs.map(([key, value, description]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue><Description>${description}</Description></member>`).join('')}</Outputs>
  </member></Stacks></DescribeStacksResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></DescribeStacksResponse>`;

const errorXml = (code: string, message: string) => `
  <ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
    <Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>1</RequestId>
  </ErrorResponse>`;

/** The SDK's own client, with the network cut off behind its serializer and signer. */
function onTheWire(region: string, asked: Asked[], answer: (stack: string) => Answer): CloudFormationClient {
  return new CloudFormationClient({
    region,
    maxAttempts: 1,
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' },
    requestHandler: {
      handle: async (request: { hostname: string; headers: Record<string, string>; body: string }) => {
        const form = Object.fromEntries(new URLSearchParams(request.body));
        const signed = request.headers['authorization']?.startsWith('AWS4-HMAC-SHA256') === true;
        asked.push({ host: request.hostname, form, signed });
        const [statusCode, xml] = answer(form['StackName'] ?? '');
        return { response: { statusCode, headers: { 'content-type': 'text/xml' }, body: Readable.from([xml.trim()]) } };
      },
    },
  });
}

describe('outputs of an account', () => {
  const two = [
    { stack: 'AeonNetwork', region: 'us-east-1' },
    { stack: 'AeonStandbyNetwork', region: 'us-west-2' },
  ];

  it('are what CloudFormation says of each stack in its region, and a stack that is not there is named so', async () => {
    const asked: Asked[] = [];
    const found = await deployedOutputs(two, (region) =>
      onTheWire(region, asked, (stack) =>
        stack === 'AeonNetwork'
          ? [
              200,
              stackXml(stack, [
                ['VpcId', 'vpc-1', 'VPC &amp; subnets'],
                ['PublishOutputRefVpc', 'vpc-1', ''],
              ]),
            ]
          : [400, errorXml('ValidationError', `Stack with id ${stack} does not exist`)],
      ),
    );
    const form = (StackName: string) => ({ Action: 'DescribeStacks', Version: '2010-05-15', StackName });
    expect(asked).toEqual([
      { host: 'cloudformation.us-east-1.amazonaws.com', form: form('AeonNetwork'), signed: true },
      { host: 'cloudformation.us-west-2.amazonaws.com', form: form('AeonStandbyNetwork'), signed: true },
    ]);
    expect(found).toEqual([
      {
        stack: 'AeonNetwork',
        region: 'us-east-1',
        deployed: true,
        outputs: [
          { name: 'VpcId', kind: 'value', description: 'VPC & subnets', value: 'vpc-1', onlyTheAccountKnows: [] },
        ],
      },
      { stack: 'AeonStandbyNetwork', region: 'us-west-2', deployed: false, outputs: [] },
    ]);
  });

  it('that may not be read end with what AWS said and what is needed', async () => {
    const denied = errorXml('AccessDenied', 'User: ada is not authorized to perform: cloudformation:DescribeStacks');
    const asking = deployedOutputs(two, (region) => onTheWire(region, [], () => [403, denied]));
    await expect(asking).rejects.toThrow(UnusableInput);
    await expect(asking).rejects.toThrow(
      /The stack AeonNetwork in us-east-1 can't be read: AccessDenied: User: ada is not authorized.*AWS_PROFILE/,
    );
  });

  it('without credentials end with what is needed', async () => {
    const failing = {
      send: async () => {
        const message = 'Could not load credentials from any providers';
        throw Object.assign(new Error(message), { name: 'CredentialsProviderError' });
      },
    } as unknown as DescribingClient;
    const asking = deployedOutputs(two, () => failing);
    await expect(asking).rejects.toThrow(UnusableInput);
    await expect(deployedOutputs(two, () => failing)).rejects.toThrow(/CredentialsProviderError.*AWS_PROFILE/);
  });
});

it.each([
  ['aws s3 ls', 'command'],
  ['npx cdk deploy X', 'command'],
  ['https://us-east-1.console.aws.amazon.com/states/home', 'console'],
  ['https://api.aeon.example.com', 'endpoint'],
  ['vpc-1', 'value'],
])('%s is a %s', (value, kind) => {
  expect(kindOf(value)).toBe(kind);
});
