import { Command, CommanderError } from 'commander';
import { NotYetDeployable } from '../../lib/not-yet-deployable.ts';
import { InvalidPlatform } from '../../platforms/validate.ts';
import { RehearsalRefused } from '../../rehearsal/errors.ts';
import { addCostCommand } from './cost.ts';
import { UnusableInput } from './input.ts';
import { addOutputsCommand } from './outputs.ts';
import { addPlatformsCommand } from './platforms.ts';
import { addReadinessCommand } from './readiness.ts';
import { addRehearseCommands } from './rehearse.ts';
import { addSeedsCommand } from './seeds.ts';
import { addStartCommand } from './start.ts';
import type { ExitCode, Terminal } from './terminal.ts';

/** Not Mainstay's own defects. */
const wrongInput = [RehearsalRefused, InvalidPlatform, NotYetDeployable, UnusableInput];

/**
 * The command line. Wrong input ends with its message on stderr, nothing on stdout and code 2; a defect of Mainstay's own
 * is thrown on, with its stack.
 */
export async function run(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const program = new Command('mainstay')
    .description('A control plane for platforms on EKS and RDS, rehearsed without an AWS account.')
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.error })
    .showSuggestionAfterError();
  const finish = (code: ExitCode) => {
    exitCode = code;
  };
  addStartCommand(program, terminal, finish);
  addRehearseCommands(program, terminal, finish);
  addReadinessCommand(program, terminal, finish);
  addSeedsCommand(program, terminal, finish);
  addPlatformsCommand(program, terminal, finish);
  addCostCommand(program, terminal, finish);
  addOutputsCommand(program, terminal, finish);
  try {
    await program.parseAsync(words, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof Error && wrongInput.some((wrong) => error instanceof wrong)) {
      terminal.error(`${error.name}: ${error.message}\n`);
      return 2;
    }
    throw error;
  }
}
