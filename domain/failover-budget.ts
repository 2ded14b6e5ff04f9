import * as z from 'zod';

/**
 * What each step of a failover may take of the recovery time. For 15 minutes the shares are those of docs/decisions/0025; another objective has the
 * same shares of its own. Who waits for AWS can't be made faster, so a step that is over is told while it runs, and the next keep theirs.
 */
export const budgetedSteps = [
  'detect',
  'decide',
  'fence',
  'measure-loss',
  'promote',
  'scale',
  'admit',
  'validate',
  'open-traffic',
] as const;
export type BudgetedStep = (typeof budgetedSteps)[number];

/** Seconds of 900. `scale` runs beside `promote`; 60 are left over. */
const ofFifteenMinutes: Readonly<Record<BudgetedStep, number>> = {
  detect: 90,
  decide: 60,
  fence: 60,
  'measure-loss': 15,
  promote: 420,
  scale: 420,
  admit: 30,
  validate: 45,
  'open-traffic': 120,
};

/** Below this the waits that AWS imposes do not fit: a definition that asks for less is refused. */
export const recoverySecondsMin = 900;

/** Seconds that a step may take where the platform has to be back after so many. */
export function shareOf(step: BudgetedStep, recoverySeconds: number): number {
  return Math.floor((ofFifteenMinutes[step] * recoverySeconds) / recoverySecondsMin);
}

const moment = z.iso.datetime();

/** A step as it went. */
export const timedStep = z.strictObject({
  name: z.enum(budgetedSteps),
  startedAt: moment,
  /** Absent: it runs. */
  endedAt: moment.optional(),
});
export type TimedStep = z.infer<typeof timedStep>;

export interface StepReport {
  readonly name: BudgetedStep;
  readonly seconds: number;
  readonly budgetSeconds: number;
  readonly over: boolean;
}

export function stepReports(steps: readonly TimedStep[], recoverySeconds: number, now: Date): readonly StepReport[] {
  return steps.map(({ name, startedAt, endedAt }) => {
    const seconds = ((endedAt ? Date.parse(endedAt) : now.getTime()) - Date.parse(startedAt)) / 1000;
    const budgetSeconds = shareOf(name, recoverySeconds);
    return { name, seconds, budgetSeconds, over: seconds > budgetSeconds };
  });
}

/** How long a person may take to answer: half of what is left when everything after it takes its share. At least a minute, because nobody answers in less. */
export function answerSeconds(recoverySeconds: number, spentSeconds: number): number {
  const after = budgetedSteps
    .filter((step) => step !== 'detect' && step !== 'decide' && step !== 'scale')
    .reduce((sum, step) => sum + shareOf(step, recoverySeconds), 0);
  return Math.max(60, Math.floor((recoverySeconds - spentSeconds - after) / 2));
}
