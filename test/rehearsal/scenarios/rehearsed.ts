import { assemblyOf } from '../../../bin/cli/assembly.ts';
import { platformNamed } from '../../../bin/cli/platforms.ts';
import { parseFaults } from '../../../rehearsal/faults/catalogue.ts';
import { type CanaryRun, rehearseCanary } from '../../../rehearsal/scenarios/canary.ts';
import { type EscalationsRun, rehearseEscalations } from '../../../rehearsal/scenarios/escalations.ts';
import { type ImagesRun, rehearseImages } from '../../../rehearsal/scenarios/images.ts';
import type { NamedReview, NamedScenario } from '../../../rehearsal/scenarios/named.ts';
import { parseRelease } from '../../../rehearsal/scenarios/releases.ts';

/** Rehearses a named scenario on the synthesized app. */
export async function rehearsed(
  scenario: Pick<NamedScenario, 'service' | 'release' | 'faults' | 'seed' | 'strategy'>,
): Promise<CanaryRun> {
  const platform = platformNamed('aeon');
  return rehearseCanary({
    platform,
    stage: 'production',
    service: scenario.service,
    release: parseRelease(scenario.release),
    faults: parseFaults(scenario.faults),
    seed: scenario.seed,
    assemblyDirectory: await assemblyOf(platform, 'production', undefined),
    ...(scenario.strategy === undefined ? {} : { strategy: scenario.strategy }),
  });
}

const runs = new Map<string, ReturnType<typeof rehearsed>>();

/** As `rehearsed`; a scenario that was rehearsed in this file before is not rehearsed again. */
export function rehearsedOnce(scenario: Parameters<typeof rehearsed>[0]): ReturnType<typeof rehearsed> {
  const { service, release, faults, seed, strategy } = scenario;
  const key = JSON.stringify([service, release, faults, seed, strategy]);
  const run = runs.get(key) ?? rehearsed(scenario);
  runs.set(key, run);
  return run;
}

/** The nights' reviews of the images under a fault. */
export async function reviewed({ fault, days }: Pick<NamedReview, 'fault' | 'days'>): Promise<ImagesRun> {
  const platform = platformNamed('aeon');
  const assemblyDirectory = await assemblyOf(platform, 'production', undefined);
  return rehearseImages({ platform, days, faults: [fault], seed: 1, assemblyDirectory });
}

let escalations: Promise<EscalationsRun> | undefined;

/** Critical alarms of both regions that nobody answers for, once a file. */
export function escalatedOnce(): Promise<EscalationsRun> {
  escalations ??= escalated();
  return escalations;
}

async function escalated(): Promise<EscalationsRun> {
  const platform = platformNamed('aeon');
  const assemblyDirectory = await assemblyOf(platform, 'production', undefined);
  return rehearseEscalations({ platform, seed: 1, assemblyDirectory });
}
