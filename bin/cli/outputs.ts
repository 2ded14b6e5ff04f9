import type { Command } from 'commander';
import { type Stage, stages } from '../../domain/names.ts';
import { assemblyOf } from './assembly.ts';
import { UnusableInput } from './input.ts';
import type { DescribingClient } from './outputs/deployed.ts';
import type { OutputKind, StackOutputs } from './outputs/output.ts';
import { synthesizedOutputs } from './outputs/synthesized.ts';
import { platformNamed } from './platforms.ts';
import { type ExitCode, styled, type Terminal } from './terminal.ts';

interface OutputsOptions {
  readonly platform: string;
  readonly stage: string;
  readonly json?: boolean;
  readonly fromAccount?: boolean;
}

/** `mainstay outputs` */
export function addOutputsCommand(program: Command, terminal: Terminal, finish: (code: ExitCode) => void): void {
  program
    .command('outputs')
    .description('Endpoints, console links and the commands to run next, stack by stack')
    .requiredOption('--platform <name>', 'platform', 'aeon')
    .option('--stage <stage>', stages.join('|'), 'production')
    .option('--from-account', 'ask CloudFormation in the account of your credentials, instead of the synthesized app')
    .option('--json', 'print one JSON object')
    .action(async (options: OutputsOptions) => {
      await outputs(options, terminal);
      finish(0);
    });
}

async function outputs(options: OutputsOptions, terminal: Terminal): Promise<void> {
  const platform = platformNamed(options.platform);
  const stage = stageNamed(options.stage);
  const directory = await assemblyOf(platform, stage, options.json ? undefined : terminal);
  const synthesized = synthesizedOutputs(directory);
  const source = options.fromAccount ? 'account' : 'synthesized app';
  const stacks = options.fromAccount ? await fromAccount(synthesized) : synthesized;
  if (options.json) {
    terminal.out(`${JSON.stringify({ platform: platform.name, stage, source, stacks }, null, 2)}\n`);
    return;
  }
  terminal.out(listing(stacks, terminal, options.fromAccount === true));
}

async function fromAccount(stacks: readonly StackOutputs[]): Promise<readonly StackOutputs[]> {
  const { CloudFormationClient } = await import('@aws-sdk/client-cloudformation');
  const { deployedOutputs } = await import('./outputs/deployed.ts');
  const clients = new Map<string, DescribingClient>();
  return deployedOutputs(stacks, (region) => {
    const client = clients.get(region) ?? new CloudFormationClient({ region });
    clients.set(region, client);
    return client;
  });
}

/** Throws UnusableInput. */
export function stageNamed(name: string): Stage {
  const stage = stages.find((known) => known === name);
  if (stage) return stage;
  throw new UnusableInput(
    'UnknownStage',
    `There is no stage '${name}'. Known: ${stages.join(', ')}. Choose one of these.`,
  );
}

const titles: Readonly<Record<OutputKind, string>> = {
  endpoint: 'Endpoints',
  console: 'In the console',
  command: 'To run next',
  value: 'Values',
};

function listing(stacks: readonly StackOutputs[], terminal: Terminal, fromAccountAsked: boolean): string {
  const lines: string[] = [];
  for (const { stack, region, deployed, outputs: all } of stacks) {
    lines.push(
      '',
      `${styled(terminal, 'bold', stack)}  ${styled(terminal, 'dim', region)}${deployed === false ? '  not deployed' : ''}`,
    );
    for (const kind of Object.keys(titles) as OutputKind[]) {
      const some = all.filter((output) => output.kind === kind);
      if (some.length > 0) lines.push(`  ${styled(terminal, 'cyan', titles[kind])}`);
      for (const { name, description, value } of some) {
        lines.push(`    ${description || name}`, `      ${value}`);
      }
    }
  }
  const incomplete = stacks.flatMap((stack) => stack.outputs).filter((output) => output.onlyTheAccountKnows.length > 0);
  lines.push('');
  if (!fromAccountAsked && incomplete.length > 0) {
    lines.push(
      `In ${incomplete.length} of them <…> stands for what only an account knows: its number, and ids that AWS gives when it makes a resource.`,
      'After a deployment: npx mainstay outputs --from-account',
    );
  }
  lines.push("'…' is for you to fill in.", '');
  return lines.join('\n');
}
