import type { Command } from 'commander';
import { strategyOf } from '../../rehearsal/scenarios/canary.ts';
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
    .action(async (options: { platform: string; service: string; count: string; from: string }) => {
      const platform = platformNamed(options.platform);
      const count = seedOf(options.count, 'count');
      const from = seedOf(options.from);
      strategyOf({ platform, service: options.service });
      const assemblyDirectory = await assemblyOf(platform, 'production', terminal);
      let held = 0;
      let violated = 0;
      for await (const { command, result } of sweepSeeds({
        platform,
        service: options.service,
        assemblyDirectory,
        from,
        count,
      })) {
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
