import { type QuiesceStep, quiesceStep } from '../../domain/failback.ts';
import type { LookAtReplayInput, LookAtReplayOutput } from '../../domain/workflows/region-failback.ts';
import type { Clock } from '../ports/clock.ts';
import type { DatabaseLogin } from '../ports/databases.ts';
import type { WithDatabase } from '../ports/failover.ts';

export interface LookAtReplayPorts {
  loginOf(database: string): Promise<DatabaseLogin>;
  readonly withDatabase: WithDatabase;
  readonly clock: Clock;
}

const lookSeconds = 2;

/** Whether every replica here has replayed all that was written there. One that can't be asked has not. Changes nothing. */
export async function lookAtReplay(
  { readAt, positions }: LookAtReplayInput,
  { loginOf, withDatabase, clock }: LookAtReplayPorts,
): Promise<LookAtReplayOutput> {
  const steps = await Promise.all(
    positions.map(async ({ database, position }): Promise<QuiesceStep> => {
      const replayed = await quietly(async () =>
        withDatabase(await loginOf(database), (session) => session.position()),
      );
      const step = quiesceStep({ last: position, replayed, since: new Date(readAt), now: clock.now() });
      return { do: step.do, why: `${database}: ${step.why}` };
    }),
  );
  const worst = (['let-in-again', 'wait'] as const).find((what) => steps.some((step) => step.do === what));
  return {
    do: worst ?? 'promote',
    waitSeconds: lookSeconds,
    why: steps
      .filter((step) => worst === undefined || step.do === worst)
      .map(({ why }) => why)
      .join(' '),
  };
}

async function quietly<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch {
    return undefined;
  }
}
