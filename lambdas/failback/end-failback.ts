import { AwsUnavailable } from '../../domain/errors.ts';
import { runbookLink } from '../../domain/names.ts';
import type { EndFailbackInput } from '../../domain/workflows/region-failback.ts';
import { releaseWork } from '../interlock/release-work.ts';
import type { Notifications } from '../ports/aws.ts';
import type { Interlock } from '../ports/interlock.ts';
import { type LetInAgainPorts, letInAgain } from './let-in-again.ts';

export interface EndFailbackPorts extends LetInAgainPorts {
  readonly environment: string;
  readonly interlock: Interlock;
  readonly notifications: Notifications;
}

/**
 * Ends a failback that was stopped, or ran out of time, in its stead: lets the application in where it had stopped the writes, and gives its claims back in
 * both regions. One that had come as far as the other's reign is told to a person, who finishes it there. Delivered again it finds nothing left. Throws
 * AwsUnavailable until every place of the lease is open.
 */
export async function endFailback(
  { executionArn, status }: EndFailbackInput,
  ports: EndFailbackPorts,
): Promise<{ readonly why: string }> {
  const { environment, plan, mark, clock, interlock, notifications, other } = ports;
  const record = await mark.read();
  const ours = record?.run.execution.arn === executionArn ? record : undefined;
  const opened = ours
    ? await letInAgain({ run: ours.run, since: clock.now().toISOString() }, ports)
    : { state: 'open', why: 'It had not stopped the writes, or the other region had its reign already.' };
  await releaseWork({ holder: executionArn }, { interlock });
  const [, , , region = ''] = executionArn.split(':');
  const to = [plan.regions.primary, plan.regions.standby].find((each) => each !== region) ?? region;
  await quietly(() => other.ask(to, 'release-work', { holder: executionArn }));
  if (opened.state === 'waiting') throw new AwsUnavailable(opened.why);
  const text = [
    `It ended as ${status} before it was through. ${opened.why}`,
    `Look who reigns: where the other region has entered its reign, start region-failover there to finish; else start the failback again.`,
    `Execution: ${executionArn}`,
    runbookLink('region-failback'),
  ].join('\n');
  await notifications.publish('critical', `${environment}: the failback was ended from outside`, text);
  return { why: opened.why };
}

async function quietly(ask: () => Promise<unknown>): Promise<void> {
  try {
    await ask();
  } catch {
    // Its claim ends by itself.
  }
}
