import type { Command } from 'commander';
import { ScenarioNotPossible } from '../../rehearsal/errors.ts';
import { strategyOf } from '../../rehearsal/scenarios/canary.ts';
import { requireFailoverRequest } from '../../rehearsal/scenarios/failover.ts';
import { type FailoverResult, outages } from '../../rehearsal/scenarios/failover-request.ts';
import { sweepFailovers } from '../../rehearsal/scenarios/failover-sweep.ts';
import { sweepSeeds } from '../../rehearsal/scenarios/sweep.ts';
import { assemblyOf } from './assembly.ts';
import { platformNamed } from './platforms.ts';
import { seedOf } from './rehearse.ts';
import { type ExitCode, styled, type Terminal } from './terminal.ts';

/** `mainstay seeds`: many runs with releases and faults drawn from the seed; the first word of a red run is how to replay it. */
export function addSeedsCommand(program: Command, terminal: Terminal, finish: (code: ExitCode) => void): void {
  program
    .command('seeds')
    .description('Rehearse many seeds, each with a release and faults drawn from it')
    .option('--platform <name>', 'platform', 'aeon')
    .option('--service <name>', 'service', 'aeon-dt-api')
    .option('--count <number>', 'how many seeds', '20')
    .option('--from <number>', 'the first seed', '1')
    .option('--workflow <name>', `${Object.keys(sweeps).join('|')}: what is rehearsed`, 'canary')
    .option('--outage <what>', `of failovers, the same in each seed: ${outages.join('|')}`)
    .action(async (options: SeedsOptions) => {
      const sweep = sweepOf(options);
      const assemblyDirectory = await assemblyOf(platformNamed(options.platform), 'production', terminal);
      let held = 0;
      let violated = 0;
      for await (const { command, result } of sweep(assemblyDirectory)) {
        if (result.checkers.violated.length === 0) {
          held++;
          continue;
        }
        violated++;
        terminal.out(`${styled(terminal, 'red', '✘')} ${command}\n`);
        for (const { checker, detail } of result.checkers.violated) terminal.out(`    ${checker}: ${detail}\n`);
      }
      terminal.out(`${held} seeds held every promise, ${violated} did not.\n`);
      finish(violated === 0 ? 0 : 1);
    });
}

interface SeedsOptions {
  readonly platform: string;
  readonly service: string;
  readonly count: string;
  readonly from: string;
  readonly workflow: string;
  readonly outage?: string;
}

type Sweep = (assemblyDirectory: string) => AsyncIterable<{
  readonly command: string;
  readonly result: { readonly checkers: FailoverResult['checkers'] };
}>;

const sweeps: Readonly<Record<string, (options: SeedsOptions) => Sweep>> = {
  canary: ({ platform: name, service, count, from }) => {
    const platform = platformNamed(name);
    const drawn = { platform, service, count: seedOf(count, 'count'), from: seedOf(from) };
    strategyOf({ platform, service });
    return (assemblyDirectory) => sweepSeeds({ ...drawn, assemblyDirectory });
  },
  failover: ({ platform: name, outage, count, from }) => {
    const platform = platformNamed(name);
    const found = outages.find((known) => known === outage);
    if (outage !== undefined && !found) throw unknown('outage', outage, outages);
    requireFailoverRequest({ platform, faults: [], outage: found ?? 'region' });
    const drawn = { platform, count: seedOf(count, 'count'), from: seedOf(from), ...(found ? { outage: found } : {}) };
    return (assemblyDirectory) => sweepFailovers({ ...drawn, assemblyDirectory });
  },
};

/** Everything that can be refused is, before the first word on stdout. Throws ScenarioNotPossible. */
function sweepOf(options: SeedsOptions): Sweep {
  const sweep = sweeps[options.workflow];
  if (!sweep) throw unknown('workflow', options.workflow, Object.keys(sweeps));
  return sweep(options);
}

function unknown(what: string, given: string, known: readonly string[]): ScenarioNotPossible {
  return new ScenarioNotPossible(`There is no ${what} '${given}'. Known: ${known.join(', ')}. Choose one of these.`);
}
