import { interlockTableName } from '../../domain/interlock.ts';
import { slotName } from '../../domain/names.ts';
import { rotationSteps } from '../../domain/rotation.ts';
import { rotationSubjects } from '../../domain/rotation-work.ts';
import type { Rds } from '../aws/rds.ts';
import type { RehearsalEvent } from '../kernel/log.ts';
import type { RotationStage } from './rotation-stage.ts';

const imageSettlesSeconds = 600;
/** From a promotion's start until it holds its service. */
const promotionBeginsSeconds = 300;

/** What is wrong in the world before the rotation begins. */
export async function prepareRotation(scene: RotationStage, faults: ReadonlySet<string>): Promise<void> {
  const { stage, secrets, plan } = scene;
  if (faults.has('promotion-running') || faults.has('promotion-asked')) {
    scene.push(stage.request.service, nextTag(scene));
    await stage.pass(imageSettlesSeconds);
  }
  if (faults.has('promotion-running')) {
    await stage.during(promote(scene));
    await stage.pass(promotionBeginsSeconds);
  }
  if (faults.has('superuser-gone')) {
    const SecretId = plan.superuserSecretName ?? '';
    stage.engineer.tell(`makes the copies of ${SecretId} stand alone and deletes the secret`);
    for (const place of secrets.store.require(scene.region, SecretId).replicas) {
      await stage.during(stage.engineer.call('secretsmanager', 'StopReplicationToReplica', { SecretId }, place));
    }
    await stage.during(stage.engineer.call('secretsmanager', 'DeleteSecret', { SecretId }));
  }
  if (faults.has('schedule-missed')) secrets.rotation.missNextWindow(scene.secret);
}

/** Somebody has written into a secret with the console what does not belong there, before anybody read it. */
export async function editSecrets(scene: RotationStage, faults: ReadonlySet<string>): Promise<void> {
  const { plan } = scene;
  const superuser = plan.superuserSecretName ?? '';
  const edits: readonly (readonly [fault: string, secretName: string, fields: object])[] = [
    ['superuser-elsewhere', superuser, { host: 'old-database.example.com' }],
    ['unknown-kind', plan.secretName, { engine: 'oracle' }],
    ['field-missing', plan.secretName, { engine: undefined }],
  ];
  for (const [fault, secretName, fields] of edits) {
    if (!faults.has(fault)) continue;
    const { stage, secrets, region } = scene;
    const value = JSON.parse(secrets.store.require(region, secretName).current.text) as object;
    stage.engineer.tell(`edits ${Object.keys(fields).join(', ')} of ${secretName} in the console`);
    const SecretString = JSON.stringify({ ...value, ...fields });
    await stage.during(stage.engineer.call('secretsmanager', 'PutSecretValue', { SecretId: secretName, SecretString }));
  }
}

/** What happens while it runs. */
export function meddleWithRotation(scene: RotationStage, faults: ReadonlySet<string>): void {
  const { log, kernel } = scene.rehearsal;
  const before = scene.currentVersion;
  if (faults.has('consumer-never-ready')) {
    const [consumer = ''] = scene.plan.consumers;
    const digest = scene.digests.get(consumer);
    if (digest === undefined) return;
    log.subscribe((event) => {
      if (!isOf(scene, event, 'secret.changed')) return;
      const sound = scene.currentVersion === before;
      scene.stage.traffic.setBehaviour(digest, sound ? {} : { crash: 'never-ready' });
    });
  }
  if (faults.has('promotion-asked')) {
    let asked = false;
    log.subscribe((event) => {
      if (asked || !isOf(scene, event, 'rotation.step') || event['outcome'] !== 'ok') return;
      asked = true;
      kernel.after(0, 'a promotion is asked for', async () => {
        await promote(scene);
      });
    });
  }
}

/** What happens when everything is over. */
export async function meddleAfterRotation(
  scene: RotationStage,
  faults: ReadonlySet<string>,
  versionId: string | undefined,
): Promise<void> {
  if (faults.has('delivered-late') && versionId !== undefined) {
    for (const step of rotationSteps) await invoke(scene, step, versionId);
  }
}

/** Promises broken on purpose, at the very end. */
export async function sabotageRotation(scene: RotationStage, faults: ReadonlySet<string>): Promise<void> {
  const { stage, secret, secrets, plan, region } = scene;
  if (faults.has('break-login')) {
    stage.engineer.tell('changes the password of the user at the server');
    const { username } = JSON.parse(secret.current.text) as { username: string };
    shutOut(scene, username);
  }
  const previous = secret.at('AWSPREVIOUS');
  if (faults.has('break-pending') && previous) secret.attach('AWSPENDING', previous.id);
  if (faults.has('break-silence')) stage.engineer.tell(`pastes ${secrets.field(region, plan.secretName, 'password')}`);
  if (faults.has('break-claim')) {
    const until = new Date(scene.rehearsal.kernel.now() + 86_400_000).toISOString();
    const [subject = 'platform'] = rotationSubjects(plan);
    const Item = { subject: { S: subject }, work: { S: 'restore' }, holder: { S: 'somebody' }, until: { S: until } };
    const input = { TableName: interlockTableName(scene.environment), Item };
    await stage.during(stage.engineer.call('dynamodb', 'PutItem', input));
  }
  if (faults.has('break-budget')) {
    const [consumer = ''] = plan.consumers;
    const slot = stage.release().stableSlot;
    stage.engineer.tell(`scales ${consumer} to one pod`);
    stage.edit('Deployment', slotName(consumer, slot), (deployment) => {
      if (deployment.spec) deployment.spec['replicas'] = 1;
    });
    await stage.pass(120);
  }
}

/** Invokes a step as Secrets Manager does. What the function says is in the log. */
export async function invoke(scene: RotationStage, step: string, versionId: string): Promise<void> {
  const { account } = scene.rehearsal;
  const payload = { Step: step, SecretId: scene.secretArn, ClientRequestToken: versionId };
  await scene.stage.during(
    account.call({
      service: 'lambda',
      operation: 'Invoke',
      input: { FunctionName: scene.rotationFunction, Payload: JSON.stringify(payload) },
      principal: { kind: 'service', service: 'secretsmanager.amazonaws.com', sourceArn: scene.secretArn },
      region: scene.region,
    }),
  );
}

/** Somebody tries the function on a secret of his own. As Secrets Manager nobody could: its right names the one secret. */
export async function invokeForAnother({ stage, secretArn, rotationFunction }: RotationStage): Promise<void> {
  const another = `${secretArn.replace(/[^:]+$/, '')}another-secret-a1b2c3`;
  const ClientRequestToken = stage.rehearsal.account.nextId('secret-version', 'uuid');
  stage.engineer.tell(`invokes the rotation function for ${another}`);
  const Payload = JSON.stringify({ Step: 'createSecret', SecretId: another, ClientRequestToken });
  await stage.during(stage.engineer.call('lambda', 'Invoke', { FunctionName: rotationFunction, Payload }));
}

function isOf(scene: RotationStage, event: RehearsalEvent, kind: string): boolean {
  return event.kind === kind && event['secret'] === scene.plan.secretName && event['region'] === scene.region;
}

function nextTag(scene: RotationStage): string {
  return scene.tag(scene.stage.request.service, '1.5.0', '3f9c2ab');
}

async function promote(scene: RotationStage): Promise<void> {
  const { service } = scene.stage.request;
  const tag = nextTag(scene);
  await scene.stage.engineer.start('canary-promotion', { service, tag }, `starts the promotion of ${tag}`);
}

/** Another password for the user, which nobody knows. */
function shutOut({ rehearsal, plan }: RotationStage, user: string): void {
  const host = rehearsal.account
    .service<Rds>('rds')
    .instances.find(({ identifier }) => identifier.endsWith(plan.opens ?? ''));
  if (!host) return;
  const verifier = `SCRAM-SHA-256$4096:${'A'.repeat(22)}==$${'B'.repeat(43)}=:${'C'.repeat(43)}=`;
  const transaction = host.model.begin();
  transaction.run(`ALTER ROLE "${user}" LOGIN PASSWORD '${verifier}'`, [], host.model.master);
  transaction.commit();
}
