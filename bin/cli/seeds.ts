import type { Command } from 'commander';
import { requireBackupRequest } from '../../rehearsal/scenarios/backup.ts';
import { sweepBackups, sweepRestoreTests } from '../../rehearsal/scenarios/backup-sweep.ts';
import { strategyOf } from '../../rehearsal/scenarios/canary.ts';
import { requireFailoverRequest } from '../../rehearsal/scenarios/failover.ts';
import { type FailoverResult, outages } from '../../rehearsal/scenarios/failover-request.ts';
import { sweepFailovers } from '../../rehearsal/scenarios/failover-sweep.ts';
import { requireRestoreTestRequest } from '../../rehearsal/scenarios/restore-test.ts';
import { sweepSeeds } from '../../rehearsal/scenarios/sweep.ts';
import { assemblyOf } from './assembly.ts';
import { platformNamed } from './platforms.ts';
import { oneOf, seedOf } from './rehearsing.ts';
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
    .option('--workflow <name>', `${workflows.join('|')}: what is rehearsed`, 'canary')
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

const workflows = ['canary', 'failover', 'backup', 'restore-test'] as const;
const sweeps: Readonly<Record<(typeof workflows)[number], (options: SeedsOptions) => Sweep>> = {
  canary: ({ platform: name, service, count, from }) => {
    const platform = platformNamed(name);
    const drawn = { platform, service, count: seedOf(count, 'count'), from: seedOf(from) };
    strategyOf({ platform, service });
    return (assemblyDirectory) => sweepSeeds({ ...drawn, assemblyDirectory });
  },
  failover: ({ platform: name, outage, count, from }) => {
    const platform = platformNamed(name);
    const found = outage === undefined ? undefined : oneOf(outages, outage, 'outage');
    requireFailoverRequest({ platform, faults: [], outage: found ?? 'region' });
    const drawn = { platform, count: seedOf(count, 'count'), from: seedOf(from), ...(found ? { outage: found } : {}) };
    return (assemblyDirectory) => sweepFailovers({ ...drawn, assemblyDirectory });
  },
  backup: ({ platform: name, count, from }) => {
    const platform = platformNamed(name);
    const drawn = { platform, count: seedOf(count, 'count'), from: seedOf(from) };
    requireBackupRequest({ platform, days: 1, faults: [] });
    return (assemblyDirectory) => sweepBackups({ ...drawn, assemblyDirectory });
  },
  'restore-test': ({ platform: name, count, from }) => {
    const platform = platformNamed(name);
    const drawn = { platform, count: seedOf(count, 'count'), from: seedOf(from) };
    for (const region of ['primary', 'standby'] as const) requireRestoreTestRequest({ platform, region, faults: [] });
    return (assemblyDirectory) => sweepRestoreTests({ ...drawn, assemblyDirectory });
  },
};

/** Everything that can be refused is, before the first word on stdout. Throws ScenarioNotPossible. */
function sweepOf(options: SeedsOptions): Sweep {
  return sweeps[oneOf(workflows, options.workflow, 'workflow')](options);
}
