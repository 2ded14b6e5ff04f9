import { databaseInstanceName } from '../../domain/databases.ts';
import { staleInstanceName } from '../../domain/failback.ts';
import { failoverMetrics } from '../../domain/failover-settings.ts';
import { interlockTableName } from '../../domain/interlock.ts';
import { leaseKey, leaseTableName } from '../../domain/lease.ts';
import { stateMachineName } from '../../domain/names.ts';
import { reignKey } from '../../domain/reign.ts';
import type { RehearsalEvent } from '../kernel/log.ts';
import { lostWhile, stoppedWhile } from './failback-faults.ts';
import type { FailbackWorld } from './failback-world.ts';
import type { FailoverClients } from './failover-clients.ts';
import type { Stage } from './stage.ts';

export interface FailbackScene {
  readonly stage: Stage;
  readonly world: FailbackWorld;
  readonly clients: FailoverClients;
  readonly faults: ReadonlySet<string>;
}

const second = 1000;
const lostForMilliseconds = 600 * second;
const slowPromotionMilliseconds = 60 * second;

/** What is so before it is started. */
export async function prepareFailback(scene: FailbackScene): Promise<void> {
  const { stage, world, faults } = scene;
  const { rds } = world;
  if (faults.has('promotion-slow')) rds.faults.promotionHangsMilliseconds = slowPromotionMilliseconds;
  if (faults.has('promotion-hangs')) rds.faults.promotionHangsMilliseconds = Number.POSITIVE_INFINITY;
  if (faults.has('stale-unfenced')) await stage.during(giveRightBack(scene, world.to));
  if (faults.has('failover-running')) await stage.during(claimByHand(scene));
  if (faults.has('in-the-left-region')) await startFailback(stage, world.to);
  if (faults.has('another-platform')) await startFailback(stage, world.from, { platform: 'another' });
}

/** As a person types it in the console of the region. */
export async function startFailback(stage: Stage, region: string, more: object = {}): Promise<string> {
  const input = { platform: stage.environment, reason: 'The region answers again.', now: true, ...more };
  return stage.during(stage.engineer.start('region-failback', input, `starts a failback in ${region}`, region));
}

/** What happens while it runs, each once: told by the log, because nobody meddles by the clock. */
export function meddleWithFailback(scene: FailbackScene): void {
  const { stage, world, faults } = scene;
  const { log, kernel, account } = stage.rehearsal;
  const once = (fault: string, when: (event: RehearsalEvent) => boolean, what: () => unknown) => {
    if (!faults.has(fault)) return;
    let done = false;
    log.subscribe((event) => {
      if (done || !when(event)) return;
      done = true;
      kernel.outside(() => kernel.after(0, fault, async () => void (await what())));
    });
  };
  const at = (state: string) => (event: RehearsalEvent) =>
    event.kind === 'state.entered' &&
    String(event['workflow']).endsWith('-region-failback') &&
    event['state'] === state;
  const admitted = (event: RehearsalEvent) => event.kind === 'writes.begun' && event['region'] === world.to;
  for (const [fault, state] of Object.entries(lostWhile)) {
    once(fault, at(state), () => {
      account.regions.lose(world.to);
      kernel.after(lostForMilliseconds, 'the region is back', () => account.regions.recover(world.to));
    });
  }
  for (const [fault, state] of Object.entries(stoppedWhile)) {
    let execution = '';
    log.subscribe((event) => {
      if (at(state)(event)) execution ||= String(event['execution']);
    });
    once(fault, at(state), () => stopByHand(scene, execution));
  }
  once('replica-lags', at('Quiesce the primary'), () => {
    const [database = ''] = stage.request.platform.databases.map(({ name }) => name);
    const replica = world.instance(world.to, database);
    if (replica) world.rds.delayReplica(replica, lostForMilliseconds);
  });
  once('break-fence', admitted, () => giveRightBack(scene, world.from));
  once('break-traffic', at('Share the secrets'), () => openByHand(scene));
  once('break-loss', at('Wait for the promotion'), () => writeByHand(scene));
}

async function stopByHand({ stage, world }: FailbackScene, execution: string): Promise<void> {
  const { account } = stage.rehearsal;
  stage.engineer.tell('stops the failback');
  const machine = stateMachineName(stage.environment, 'region-failback');
  const executionArn = `arn:aws:states:${world.from}:${account.account}:execution:${machine}:${execution}`;
  await stage.engineer.call('states', 'StopExecution', { executionArn }, world.from);
}

async function giveRightBack({ stage, clients }: FailbackScene, region: string): Promise<void> {
  const [user = ''] = clients.users(region);
  stage.engineer.tell(`gives ${user} its right to log in to the database of ${region} back`);
  await clients.asMaster(region, `ALTER ROLE "${user}" VALID UNTIL 'infinity'`);
}

async function claimByHand({ stage, world }: FailbackScene, forSeconds = 1200): Promise<void> {
  const { kernel } = stage.rehearsal;
  stage.engineer.tell('claims the platform');
  const Item = {
    subject: { S: 'platform' },
    work: { S: 'failover' },
    holder: { S: 'by hand' },
    until: { S: new Date(kernel.now() + forSeconds * second).toISOString() },
    expiresAt: { N: String(Math.floor(kernel.now() / second) + forSeconds) },
  };
  await stage.engineer.call(
    'dynamodb',
    'PutItem',
    { TableName: interlockTableName(stage.environment), Item },
    world.from,
  );
}

/** More than whatever the watch says in the same minutes; where this region is the definition's primary it has taken back, says the figure. */
async function openByHand({ stage, world }: FailbackScene): Promise<void> {
  stage.engineer.tell('opens traffic by hand');
  for (let time = 0; time < 4; time++) {
    const MetricData = [
      {
        MetricName: failoverMetrics.serves,
        Dimensions: [{ Name: 'Environment', Value: stage.environment }],
        Value: 1000,
      },
    ];
    await stage.engineer.call(
      'cloudwatch',
      'PutMetricData',
      { Namespace: failoverMetrics.namespace, MetricData },
      world.to,
    );
    await stage.rehearsal.kernel.sleep(30 * second, 'opens traffic by hand');
  }
}

async function writeByHand({ stage, world, clients }: FailbackScene): Promise<void> {
  stage.engineer.tell(`writes to the database of ${world.from} as its master`);
  for (let time = 0; time < 3; time++) {
    clients.writtenByHand(world.from);
    await stage.rehearsal.kernel.sleep(10 * second, 'writes by hand');
  }
}

/** Promises broken on purpose, at the very end. */
export async function sabotageFailback(scene: FailbackScene): Promise<void> {
  const { stage, world, faults } = scene;
  const { kernel } = stage.rehearsal;
  const [database = ''] = stage.request.platform.databases.map(({ name }) => name);
  const instance = databaseInstanceName(stage.environment, database);
  const { primary, epoch } = world.reign(world.from);
  if (faults.has('break-reign')) {
    stage.engineer.tell('counts the reigns anew');
    const Item = { subject: { S: reignKey }, epoch: { N: '7' }, primary: { S: world.to } };
    const input = { TableName: interlockTableName(stage.environment), Item };
    await stage.during(stage.engineer.call('dynamodb', 'PutItem', input, world.to));
  }
  if (faults.has('break-after')) {
    stage.engineer.tell(`switches the automated backups of ${instance} off`);
    const input = { DBInstanceIdentifier: instance, BackupRetentionPeriod: 0, ApplyImmediately: true };
    await stage.during(stage.engineer.call('rds', 'ModifyDBInstance', input, primary));
    await stage.pass(300);
  }
  if (faults.has('break-evidence')) {
    const DBInstanceIdentifier = staleInstanceName(instance, epoch - 1);
    stage.engineer.tell(`takes the protection from ${DBInstanceIdentifier}`);
    await stage.during(
      stage.engineer.call('rds', 'ModifyDBInstance', { DBInstanceIdentifier, DeletionProtection: false }, world.to),
    );
  }
  if (faults.has('break-claim')) await stage.during(claimByHand(scene));
  if (faults.has('break-again')) {
    stage.engineer.tell('closes the lease of the region that reigns');
    const { witness } = stage.request.platform.recovery.fencing ?? {};
    const reach = [world.to, ...(witness === undefined ? [] : [witness])].map((region) =>
      stage.engineer.call(
        'dynamodb',
        'PutItem',
        {
          TableName: leaseTableName(stage.environment),
          Item: {
            subject: { S: leaseKey },
            epoch: { N: String(epoch) },
            holder: { S: world.from },
            until: { S: new Date(kernel.now()).toISOString() },
            databases: { L: [{ S: database }] },
            closedBy: { N: String(epoch + 1) },
          },
        },
        region,
      ),
    );
    await stage.during(Promise.all(reach));
    await stage.pass(120);
  }
}
