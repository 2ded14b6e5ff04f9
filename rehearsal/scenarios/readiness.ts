import { readinessParameterName } from '../../domain/failover-plan.ts';
import { environmentName, functionName, watchingAlarmName } from '../../domain/names.ts';
import { type ReadinessReport, readinessReport } from '../../domain/readiness.ts';
import type { CloudWatch } from '../aws/cloudwatch.ts';
import type { SecretsManager } from '../aws/secretsmanager.ts';
import type { StatesService } from '../aws/states.ts';
import { conclude, watchRun } from '../checkers/index.ts';
import { readinessCheckers } from '../checkers/readiness.ts';
import { leaksIn } from '../checkers/rotation.ts';
import { ScenarioNotPossible } from '../errors.ts';
import { noFaults } from '../faults/fault.ts';
import { createRehearsal, type Rehearsal } from '../rehearsal.ts';
import { BackupSets } from './backup-sets.ts';
import { serveFirstVersions } from './first-versions.ts';
import { OutcomeReader } from './outcome.ts';
import { placesOf } from './places.ts';
import { meddleWithStandby, type ReadinessScene } from './readiness-meddling.ts';
import {
  type ReadinessRequest,
  type ReadinessResult,
  type ReadinessRun,
  readinessCommand,
  requireReadinessFaults,
} from './readiness-request.ts';
import { plainStage, type Stage } from './stage.ts';

export type { ReadinessRequest, ReadinessResult, ReadinessRun } from './readiness-request.ts';

/** A Monday evening: every service serves shortly before an hour's set is due. */
const startsAt = Date.UTC(2026, 10, 2, 20, 15, 0);
const second = 1000;
/** The first set of the standby: due within the hour, copied and checked within the next. */
const firstSetWithin = 4 * 3600 * second;
/** The lease is renewed, the watch knows the region. */
const atRestSeconds = 300;
/** A metric is a minute's, and an alarm looks each minute. */
const heardSeconds = 240;

/** Throws UnknownFault, ScenarioNotPossible. */
export function requireReadinessRequest({ platform, faults }: Pick<ReadinessRequest, 'platform' | 'faults'>) {
  requireReadinessFaults(faults);
  const to = platform.regions.standby?.name;
  if (to === undefined) throw new ScenarioNotPossible(`'${platform.name}' has no standby region that could be ready.`);
  const database = platform.databases.find(({ engine }) => engine === 'postgres')?.name;
  if (database === undefined || platform.services.length === 0) {
    throw new ScenarioNotPossible(`'${platform.name}' has no database of PostgreSQL or no service, which alone move.`);
  }
  return { regions: { from: platform.regions.primary.name, to }, database };
}

/**
 * Deploys the assembly, lets every service serve, does to the standby what the faults say, and has the app look whether it is ready. Throws RehearsalRefused
 * for a request that fits nothing, and what the simulation itself can't do (`Unmodelled`).
 */
export async function rehearseReadiness(request: ReadinessRequest): Promise<ReadinessRun> {
  const about = requireReadinessRequest(request);
  const { platform, seed, assemblyDirectory } = request;
  const rehearsal = await createRehearsal({
    ...{ assemblyDirectory, seed, startsAt, faults: noFaults },
    functionsKeepNothing: true,
  });
  try {
    rehearsal.log.write('run.started', {
      scenario: 'readiness',
      platform: platform.name,
      environment: environmentName(platform.name, 'production'),
      seed,
      command: readinessCommand(request),
    });
    return await play(request, about, rehearsal);
  } finally {
    await rehearsal.close();
  }
}

async function play(
  request: ReadinessRequest,
  { regions, database }: ReturnType<typeof requireReadinessRequest>,
  rehearsal: Rehearsal,
): Promise<ReadinessRun> {
  const { log, kernel, iam, account } = rehearsal;
  const { platform, faults, seed } = request;
  const stage = plainStage(rehearsal, request);
  const outcomes = new OutcomeReader();
  log.subscribe((event) => outcomes.seen(event));
  const services = platform.services.map(({ name }) => name);
  const scene: ReadinessScene = {
    ...{ stage, regions, database },
    digests: await serveFirstVersions(stage, services, outcomes),
  };
  const sets = new BackupSets(rehearsal, stage.environment);
  await kernel.run({ until: kernel.now() + firstSetWithin, done: () => sets.verified(regions.to).length > 0 });
  await stage.pass(atRestSeconds);
  const began = kernel.now();
  log.write('scenario.began', { region: regions.to });
  if (request.watch) log.subscribe(request.watch);
  await meddleWithStandby(scene, new Set(faults));
  const checkers = readinessCheckers();
  watchRun(log, checkers);
  const lookedAt = kernel.now();
  for (const region of [regions.to, regions.from]) await look(stage, region);
  await stage.pass(heardSeconds);
  const report = await reportIn(stage, regions.to);
  if (!report) throw new Error('The look at readiness has left no report.');
  const checked = conclude(log, checkers, {
    lookedAt,
    report,
    inThePrimary: await reportIn(stage, regions.from),
    alarm: alarmState(account.service<CloudWatch>('cloudwatch'), stage, regions.to),
    leaks: leaksIn(
      placesOf(log, account.service<StatesService>('states')),
      account.service<SecretsManager>('secretsmanager').confidentialTexts,
    ),
  });
  const result: ReadinessResult = {
    workflow: 'look-at-readiness',
    platform: platform.name,
    region: report.region,
    injected: faults,
    seed,
    outcome: report.ready ? 'ready' : 'not-ready',
    score: report.score,
    faults: report.faults,
    unseen: report.unseen,
    virtualSeconds: Math.round((kernel.now() - began) / second),
    wallSeconds: 0,
    checkers: checked,
    logSha256: log.sha256(),
  };
  return { result, log, command: readinessCommand(request), grants: iam.ledger.toRecord() };
}

/** As the rule of each region does every morning; a person does it in the console. */
async function look(stage: Stage, region: string): Promise<void> {
  const input = {
    FunctionName: functionName(stage.environment, 'look-at-readiness'),
    InvocationType: 'RequestResponse',
    Payload: '{}',
  };
  stage.engineer.tell(`has ${region} look at its readiness`);
  await stage.during(stage.engineer.call('lambda', 'Invoke', input, region));
}

async function reportIn(stage: Stage, region: string): Promise<ReadinessReport | undefined> {
  const Names = [readinessParameterName(stage.environment)];
  const { Parameters } = await stage.during(stage.engineer.call('ssm', 'GetParameters', { Names }, region));
  const [found] = (Parameters ?? []) as readonly { readonly Value?: string }[];
  return found?.Value === undefined ? undefined : readinessReport.parse(JSON.parse(found.Value));
}

function alarmState(cloudWatch: CloudWatch, stage: Stage, region: string): string {
  const name = watchingAlarmName(stage.environment, 'standby-not-ready');
  return cloudWatch.alarms.list(region).find(({ alarm }) => alarm.name === name)?.state.value ?? 'missing';
}
