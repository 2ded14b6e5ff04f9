import type { Command } from 'commander';
import { rehearseCanary } from '../../rehearsal/scenarios/canary.ts';
import { parseRelease } from '../../rehearsal/scenarios/releases.ts';
import { assemblyOf } from './assembly.ts';
import { platformNamed } from './platforms.ts';
import { type ExitCode, styled, type Terminal } from './terminal.ts';
import { Timeline } from './timeline.ts';
import { verdictOf } from './verdict.ts';

const introduction = `Mainstay rehearses the app that 'cdk deploy' would install: the same templates, state machines and bundled
functions, against a simulated AWS in virtual time. No AWS account is used and nothing leaves this machine.

`;

const next = `What to try next

  npx mainstay rehearse canary --platform aeon --service aeon-dt-api --release slow=3x
  npx mainstay rehearse canary --platform aeon --service aeon-dt-api --release incident=3%
  npx mainstay rehearse canary --platform aeon --service aeon-dt-api --release errors=2% --fault throttle --seed 7
  npx mainstay rehearse canary --platform aeon --service aeon-dt-worker --release healthy
  npx mainstay rehearse failover --platform aeon --outage region
  npx mainstay rehearse list                  all releases and faults
  npx mainstay platforms validate aeon        check a platform's definition
  docs/start.md                               what you just saw, step by step, and how to deploy for real
`;

/** `mainstay start`, which `npm start` runs: one good release, one bad one, and what to do next. */
export function addStartCommand(program: Command, terminal: Terminal, finish: (code: ExitCode) => void): void {
  program
    .command('start')
    .description('Rehearse a good and a bad release of aeon-dt-api')
    .action(async () => {
      terminal.out(introduction);
      const platform = platformNamed('aeon');
      const assemblyDirectory = await assemblyOf(platform, 'production', terminal);
      let code: ExitCode = 0;
      for (const release of ['healthy', 'errors=20%']) {
        terminal.out(
          `\n${styled(terminal, 'bold', `── A release that is ${release === 'healthy' ? 'sound' : 'bad: it fails 20 % of its requests'}`)}\n`,
        );
        const timeline = new Timeline(terminal);
        const began = terminal.now();
        const run = await rehearseCanary({
          platform,
          stage: 'production',
          service: 'aeon-dt-api',
          release: parseRelease(release),
          faults: [],
          seed: 1,
          assemblyDirectory,
          watch: (event) => timeline.show(event),
        });
        const wallSeconds = Math.round(terminal.now() - began) / 1000;
        terminal.out(`${verdictOf({ ...run.result, wallSeconds }, run, terminal).join('\n')}\n`);
        if (run.result.checkers.violated.length > 0) code = 1;
      }
      terminal.out(`\n${next}`);
      finish(code);
    });
}
