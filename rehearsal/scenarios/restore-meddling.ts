import { applicationSecretName } from '../../domain/databases.ts';
import { functionName } from '../../domain/names.ts';
import type { DynamoDb } from '../aws/dynamodb.ts';
import type { RestoreWorld } from './restore-world.ts';
import type { Stage } from './stage.ts';

interface Scene {
  readonly stage: Stage;
  readonly world: RestoreWorld;
  readonly faults: ReadonlySet<string>;
}

/** A rotation with the restart of its readers is over by then. */
const rotationSeconds = 1800;

/** What is so before the test begins. */
export async function prepareRestore({ stage, faults }: Scene): Promise<void> {
  if (faults.has('break-cleanup')) {
    for (const task of ['clean-up', 'sweep-restore-tests']) {
      stage.engineer.tell(`takes rds:DeleteDBInstance away from ${functionName(stage.environment, task)}`);
      stage.rehearsal.iam.denyByHand(functionName(stage.environment, task), 'rds:DeleteDBInstance');
    }
  }
  if (!faults.has('rotated-since')) return;
  for (const { name } of stage.request.platform.secrets.entries) {
    const SecretId = applicationSecretName(stage.environment, name);
    stage.engineer.tell(`rotates ${SecretId} in the console`);
    await stage.during(stage.engineer.call('secretsmanager', 'RotateSecret', { SecretId }));
  }
  await stage.pass(rotationSeconds);
}

/** As soon as something stands that the test made. */
export function stopByHand({ stage, world }: Scene, region: string, executionArn: string): void {
  let stopped = false;
  stage.rehearsal.log.subscribe((event) => {
    if (stopped || event.kind !== 'database.status' || world.testInstances().length === 0) return;
    stopped = true;
    stage.rehearsal.kernel.after(0, 'the test is stopped', async () => {
      stage.engineer.tell('stops the test in the Step Functions console');
      await stage.engineer.call('states', 'StopExecution', { executionArn }, region);
    });
  });
}

/** Promises broken on purpose, at the very end. */
export async function sabotageRestore({ stage, world, faults }: Scene): Promise<void> {
  if (!faults.has('break-verdict')) return;
  stage.engineer.tell('marks the newest set as proven in the table');
  const [region = ''] = world.regions;
  const dynamodb = stage.rehearsal.account.service<DynamoDb>('dynamodb');
  const item = dynamodb.items(region, world.sets.table).at(-1);
  const at = new Date(stage.rehearsal.kernel.now()).toISOString();
  const proof = { at, region, execution: 'by hand' };
  const proven = (text: unknown): string =>
    JSON.stringify({ ...(JSON.parse(String(text)) as Record<string, unknown>), proven: [proof] });
  const Item = {
    ...item,
    entry: { S: proven(item?.['entry']?.['S']) },
    record: { S: proven(item?.['record']?.['S']) },
  };
  await stage.during(stage.engineer.call('dynamodb', 'PutItem', { TableName: world.sets.table, Item }, region));
}
