import type { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
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
    expect(outputOf('AeonWatching', 'ClusterDashboard')).toMatchObject({
      kind: 'console',
      onlyTheAccountKnows: [],
      value: expect.stringContaining('mainstay-aeon-cluster'),
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

describe('outputs of an account', () => {
  const asked: string[] = [];
  const client = (answer: (stack: string) => unknown): DescribingClient =>
    ({
      send: async ({ input }: DescribeStacksCommand) => {
        asked.push(String(input.StackName));
        return answer(String(input.StackName));
      },
    }) as unknown as DescribingClient;
  const named = (name: string, message: string) => Object.assign(new Error(message), { name });
  const two = [
    { stack: 'AeonNetwork', region: 'us-east-1' },
    { stack: 'AeonStandbyNetwork', region: 'us-west-2' },
  ];

  it('are what CloudFormation says of each stack in its region, and a stack that is not there is named so', async () => {
    const regions: string[] = [];
    const outputs = [
      { OutputKey: 'VpcId', OutputValue: 'vpc-1', Description: 'VPC' },
      { OutputKey: 'PublishOutputRefVpc', OutputValue: 'vpc-1' },
    ];
    const found = await deployedOutputs(two, (region) => {
      regions.push(region);
      return client((stack) => {
        if (stack === 'AeonNetwork') return { Stacks: [{ Outputs: outputs }] };
        throw named('ValidationError', `Stack with id ${stack} does not exist`);
      });
    });
    expect(regions).toEqual(['us-east-1', 'us-west-2']);
    expect(asked).toEqual(['AeonNetwork', 'AeonStandbyNetwork']);
    expect(found).toEqual([
      {
        stack: 'AeonNetwork',
        region: 'us-east-1',
        deployed: true,
        outputs: [{ name: 'VpcId', kind: 'value', description: 'VPC', value: 'vpc-1', onlyTheAccountKnows: [] }],
      },
      { stack: 'AeonStandbyNetwork', region: 'us-west-2', deployed: false, outputs: [] },
    ]);
  });

  it('without credentials end with what is needed', async () => {
    const failing = client(() => {
      throw named('CredentialsProviderError', 'Could not load credentials from any providers');
    });
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
