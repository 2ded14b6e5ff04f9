import { databaseInstanceName } from '../../domain/databases.ts';
import { failoverPlanParameterName, readinessParameterName } from '../../domain/failover-plan.ts';
import { failoverMetrics } from '../../domain/failover-settings.ts';
import { interlockTableName } from '../../domain/interlock.ts';
import { reignKey } from '../../domain/reign.ts';
import type { RehearsalEvent } from '../kernel/log.ts';
import type { FailoverClients } from './failover-clients.ts';
import type { FailoverScene } from './failover-outages.ts';
import type { Stage } from './stage.ts';

export type MeddledScene = FailoverScene & { readonly clients: FailoverClients };

const second = 1000;
const behind = { 'replica-behind': 120 * second, 'replica-far-behind': 600 * second, 'break-loss': 600 * second };
const slowPromotionMilliseconds = 60 * second;
const brokenPromotionMilliseconds = 600 * second;
const stoppedSeconds = 150;
const setDeadlineSeconds = 4 * 3600;
/** From the start of the first failover to the second. */
const secondStartSeconds = 60;

/** What is so before the outage. */
export async function prepareFailover(scene: MeddledScene): Promise<void> {
  const { stage, world, faults, clients } = scene;
  const [database = ''] = stage.request.platform.databases.map(({ name }) => name);
  const replica = world.instance(world.to, database);
  for (const [fault, milliseconds] of Object.entries(behind)) {
    if (faults.has(fault) && replica) world.rds.delayReplica(replica, milliseconds);
  }
  if (faults.has('promotion-slow')) world.rds.faults.promotionHangsMilliseconds = slowPromotionMilliseconds;
  if (faults.has('break-time')) {
    world.rds.faults.promotionHangsMilliseconds = brokenPromotionMilliseconds;
    await editPlan(scene, { recoverySeconds: 3600 });
  }
  if (faults.has('promotion-hangs')) world.rds.faults.promotionHangsMilliseconds = Number.POSITIVE_INFINITY;
  if (faults.has('replica-gone')) await deleteReplica(scene, database);
  if (faults.has('break-loss')) await editPlan(scene, { recoveryPointSeconds: 86_400 });
  if (faults.has('break-independence')) await editPlan(scene, { witness: world.from });
  if (faults.has('not-ready')) await reportUnready(scene);
  if (faults.has('in-the-primary')) await startByHand(stage, world.from, stage.environment);
  if (faults.has('another-platform')) await startByHand(stage, world.to, 'another');
  if (faults.has('rotation-running')) {
    const SecretId = clients.secretName;
    stage.engineer.tell(`rotates ${SecretId} in the console`);
    await stage.during(stage.engineer.call('secretsmanager', 'RotateSecret', { SecretId }));
  }
}

async function deleteReplica({ stage, world }: MeddledScene, database: string): Promise<void> {
  const { kernel } = stage.rehearsal;
  // Of an hour in which the application has its data: the standby may hold one of before.
  const seededAt = kernel.now();
  await kernel.run({
    until: seededAt + setDeadlineSeconds * second,
    done: () => world.sets.verified(world.to).some(({ dueAt }) => Date.parse(dueAt) > seededAt),
  });
  const DBInstanceIdentifier = databaseInstanceName(stage.environment, database);
  stage.engineer.tell(`deletes the replica ${DBInstanceIdentifier}`);
  const open = { DBInstanceIdentifier, DeletionProtection: false, ApplyImmediately: true };
  await stage.during(stage.engineer.call('rds', 'ModifyDBInstance', open, world.to));
  await stage.pass(120);
  const input = { DBInstanceIdentifier, SkipFinalSnapshot: true };
  await stage.during(stage.engineer.call('rds', 'DeleteDBInstance', input, world.to));
  await stage.pass(600);
}

async function editPlan({ stage, world }: MeddledScene, change: object): Promise<void> {
  const Name = failoverPlanParameterName(stage.environment);
  stage.engineer.tell(`edits ${Object.keys(change).join(', ')} in ${Name}`);
  const { Parameter } = await stage.during(stage.engineer.call('ssm', 'GetParameter', { Name }, world.to));
  const plan = JSON.parse(String((Parameter as { Value?: unknown } | undefined)?.Value)) as object;
  const Value = JSON.stringify({ ...plan, ...change });
  await stage.during(stage.engineer.call('ssm', 'PutParameter', { Name, Value, Overwrite: true }, world.to));
}

async function reportUnready({ stage, world }: MeddledScene): Promise<void> {
  const { kernel } = stage.rehearsal;
  stage.engineer.tell('reads that the standby is not ready');
  const what = 'aeon-dt-api has no image here; push it again.';
  const Value = JSON.stringify({
    environment: stage.environment,
    region: world.to,
    at: new Date(kernel.now()).toISOString(),
    score: 50,
    ready: false,
    faults: [{ part: 'images', severity: 'blocks', what }],
    unseen: [],
  });
  const Name = readinessParameterName(stage.environment);
  await stage.during(
    stage.engineer.call('ssm', 'PutParameter', { Name, Value, Type: 'String', Overwrite: true }, world.to),
  );
}

/** As a person types it in the console of the region. */
export async function startByHand(stage: Stage, region: string, platform: string): Promise<void> {
  const { account } = stage.rehearsal;
  stage.engineer.tell(`starts a failover of ${platform} in ${region}`);
  const name = `mainstay-${stage.environment}-region-failover`;
  const input = {
    stateMachineArn: `arn:aws:states:${region}:${account.account}:stateMachine:${name}`,
    name: account.nextId('engineer', 'uuid'),
    input: JSON.stringify({ platform, reason: 'The region does not answer, says our provider of monitoring.' }),
  };
  await stage.during(stage.engineer.call('states', 'StartExecution', input, region));
}

/** What happens while it runs, each once: told by the log, because nobody meddles by the clock. */
export function meddleWithFailover(scene: MeddledScene): void {
  const { stage, world, faults } = scene;
  const { log, kernel } = stage.rehearsal;
  const once = (fault: string, when: (event: RehearsalEvent) => boolean, afterSeconds: number, what: () => unknown) => {
    if (!faults.has(fault)) return;
    let done = false;
    log.subscribe((event) => {
      if (done || !when(event)) return;
      done = true;
      kernel.outside(() => kernel.after(afterSeconds * second, fault, async () => void (await what())));
    });
  };
  const started = (event: RehearsalEvent) =>
    event.kind === 'execution.started' && String(event['workflow']).endsWith('-region-failover');
  const admitted = (event: RehearsalEvent) => event.kind === 'writes.begun' && event['region'] === world.to;
  once('failover-running', started, secondStartSeconds, () => startAgain(scene));
  once('break-traffic', started, 0, () => openByHand(scene));
  once('break-fence', admitted, 0, () => giveRightBack(scene));
  once('break-report', admitted, 0, () => writeByHand(scene));
  let execution: RehearsalEvent | undefined;
  log.subscribe((event) => {
    // The first: the alarm starts another one, which is refused.
    if (started(event)) execution ??= event;
  });
  once('break-pace', admitted, 0, () => stopAndStart(scene, String(execution?.['execution'])));
}

async function startAgain({ stage, world }: MeddledScene): Promise<void> {
  const { account } = stage.rehearsal;
  stage.engineer.tell('starts a second failover');
  const name = `mainstay-${stage.environment}-region-failover`;
  const input = { platform: stage.environment, reason: 'Nothing seems to happen.' };
  await stage.engineer.call(
    'states',
    'StartExecution',
    {
      stateMachineArn: `arn:aws:states:${world.to}:${account.account}:stateMachine:${name}`,
      name: account.nextId('engineer', 'uuid'),
      input: JSON.stringify(input),
    },
    world.to,
  );
}

/** More than whatever the watch says in the same minutes. */
async function openByHand({ stage, world }: MeddledScene): Promise<void> {
  stage.engineer.tell('opens traffic by hand');
  for (let time = 0; time < 4; time++) {
    await stage.engineer.call(
      'cloudwatch',
      'PutMetricData',
      {
        Namespace: failoverMetrics.namespace,
        MetricData: [
          {
            MetricName: failoverMetrics.serves,
            Dimensions: [{ Name: 'Environment', Value: stage.environment }],
            Value: 1000,
          },
        ],
      },
      world.to,
    );
    await stage.rehearsal.kernel.sleep(30 * second, 'opens traffic by hand');
  }
}

/** The region that was left answers again, and somebody helps. */
async function giveRightBack({ stage, world, clients }: MeddledScene): Promise<void> {
  stage.rehearsal.account.regions.recover(world.from);
  const [user = ''] = clients.users(world.from);
  stage.engineer.tell(`gives ${user} its right to log in to the database of ${world.from} back`);
  await clients.asMaster(world.from, `ALTER ROLE "${user}" VALID UNTIL 'infinity'`);
}

async function writeByHand({ stage, world, clients }: MeddledScene): Promise<void> {
  stage.rehearsal.account.regions.recover(world.from);
  stage.engineer.tell(`writes to the database of ${world.from} as its master`);
  for (let time = 0; time < 5; time++) {
    clients.writtenByHand(world.from);
    await stage.rehearsal.kernel.sleep(30 * second, 'writes by hand');
  }
}

async function stopAndStart(scene: MeddledScene, execution: string): Promise<void> {
  const { stage, world } = scene;
  const { account, kernel } = stage.rehearsal;
  stage.engineer.tell('stops the failover');
  const machine = `mainstay-${stage.environment}-region-failover`;
  const executionArn = `arn:aws:states:${world.to}:${account.account}:execution:${machine}:${execution}`;
  await stage.engineer.call('states', 'StopExecution', { executionArn }, world.to);
  await kernel.sleep(stoppedSeconds * second, 'thinks about it');
  await startAgain(scene);
}

/** Promises broken on purpose, at the very end. */
export async function sabotageFailover({ stage, world, faults }: MeddledScene): Promise<void> {
  if (faults.has('break-reign')) {
    stage.engineer.tell('counts the reigns anew');
    const Item = { subject: { S: reignKey }, epoch: { N: '7' }, primary: { S: world.to } };
    const input = { TableName: interlockTableName(stage.environment), Item };
    await stage.during(stage.engineer.call('dynamodb', 'PutItem', input, world.to));
  }
  if (faults.has('break-after')) {
    const [database = ''] = stage.request.platform.databases.map(({ name }) => name);
    const DBInstanceIdentifier = databaseInstanceName(stage.environment, database);
    stage.engineer.tell(`switches the automated backups of ${DBInstanceIdentifier} off`);
    const input = { DBInstanceIdentifier, BackupRetentionPeriod: 0, ApplyImmediately: true };
    await stage.during(stage.engineer.call('rds', 'ModifyDBInstance', input, world.to));
    await stage.pass(300);
  }
}
