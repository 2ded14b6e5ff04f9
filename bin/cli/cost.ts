import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { stages } from '../../domain/names.ts';
import { serviceAlarms } from '../../domain/service-alarms.ts';
import { deliveryOf } from '../../platforms/delivery.ts';
import type { Platform } from '../../platforms/schema.ts';
import { assemblyOf } from './assembly.ts';
import { assumptions } from './cost/assumptions.ts';
import { costOf } from './cost/control-plane.ts';
import type { PricedTemplate } from './cost/lines.ts';
import { measure } from './cost/measure.ts';
import { prices, pricesOf } from './cost/prices.ts';
import { aims, shown } from './cost/shown.ts';
import { UnusableInput } from './input.ts';
import { platformNamed } from './platforms.ts';
import type { ExitCode, Terminal } from './terminal.ts';

interface CostOptions {
  readonly platform: string;
  readonly stage: string;
  readonly json?: boolean;
}

/** `mainstay cost`: what the control plane alone costs a month, without the platform that it runs. */
export function addCostCommand(program: Command, terminal: Terminal, finish: (code: ExitCode) => void): void {
  program
    .command('cost')
    .description('Monthly cost of the control plane alone, from the synthesized app and a rehearsed promotion')
    .option('--platform <name>', 'platform', 'aeon')
    .option('--stage <name>', stages.join('|'), 'production')
    .option('--json', 'print one JSON object')
    .action(async (options: CostOptions) => {
      await cost(options, terminal);
      finish(0);
    });
}

async function cost({ platform: name, stage: stageName, json }: CostOptions, terminal: Terminal): Promise<void> {
  const platform = platformNamed(name);
  const stage = stages.find((candidate) => candidate === stageName);
  if (!stage) {
    throw new UnusableInput('UnknownStage', `There is no stage '${stageName}'. Known: ${stages.join(', ')}.`);
  }
  const quiet = json ? undefined : terminal;
  const directory = await assemblyOf(platform, stage, quiet);
  // A promotion takes the same steps in every stage, so production's is measured.
  const rehearsed = stage === 'production' ? directory : await assemblyOf(platform, 'production', quiet);
  const measured = await measure(platform, rehearsed);
  const result = costOf({
    templates: templatesOf(directory),
    measured,
    keptAlarmMetrics: keptAlarmMetrics(platform, stage),
    repositories: platform.images.repositories.length,
  });
  const told = { platform: platform.name, stage, pricesOf, aims, ...result, measured, assumptions, prices };
  const title = `${platform.name} (${stage})`;
  terminal.out(json ? `${JSON.stringify(told)}\n` : shown(result, { title, measured }, terminal));
}

function templatesOf(directory: string): PricedTemplate[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.template.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')) as PricedTemplate);
}

/** Alarms on target groups are put at run time, so they are counted from what would be put. */
function keptAlarmMetrics(platform: Platform, stage: (typeof stages)[number]): number {
  const watched = { loadBalancer: 'app/a/1', targetGroups: { blue: 'targetgroup/b/1', green: 'targetgroup/g/1' } };
  return platform.services
    .map(({ name }) => deliveryOf(platform, stage, name))
    .filter(({ route }) => route)
    .flatMap((delivery) => serviceAlarms(delivery, watched))
    .reduce((sum, { metrics }) => sum + metrics.length, 0);
}
