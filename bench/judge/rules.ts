import { judge } from '../../domain/judge.ts';
import type { MinuteObservation, VersionObservation } from '../../domain/judgement.ts';
import { mannWhitneyInterval } from './mann-whitney.ts';

/** A way to decide on a rollback. Gives the minutes after which it rolls back, or undefined when it does not. */
export interface RollbackRule {
  readonly name: string;
  readonly rollsBackAfterMinutes: (minutes: readonly MinuteObservation[]) => number | undefined;
}

/** The limit that the compared rules are given. */
const errorRatePercentMax = 1;

function errorRatePercent({ requests, errors }: VersionObservation): number {
  return requests === 0 ? 0 : (100 * errors) / requests;
}

function breaksLimit(minute: MinuteObservation): boolean {
  return errorRatePercent(minute.canary) > errorRatePercentMax;
}

/** Argo Rollouts: one measurement a minute, `failureLimit` 0 unless set, so the first failed one aborts. https://argo-rollouts.readthedocs.io/en/stable/features/analysis/ */
const argoDefault: RollbackRule = {
  name: 'Argo Rollouts default',
  rollsBackAfterMinutes: (minutes) => after(minutes.findIndex(breaksLimit)),
};

/** An alarm on the canary's error rate, 3 of 3 periods of a minute. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html */
const cloudWatch: RollbackRule = {
  name: 'CloudWatch 3 × 1 min',
  rollsBackAfterMinutes: (minutes) =>
    after(minutes.findIndex((_, index) => index >= 2 && minutes.slice(index - 2, index + 1).every(breaksLimit))),
};

/** Flagger: failed checks are counted over the whole analysis, not in a row, up to `threshold`. https://docs.flagger.app/usage/how-it-works */
function flagger(threshold: number): RollbackRule {
  return {
    name: `Flagger, threshold ${threshold}`,
    rollsBackAfterMinutes: (minutes) => {
      let failed = 0;
      return after(
        minutes.findIndex((minute) => {
          failed += breaksLimit(minute) ? 1 : 0;
          return failed === threshold;
        }),
      );
    },
  };
}

/**
 * Kayenta: a Mann-Whitney test of the canary's error rates a minute against the stable version's, at 98 %; 'high' when the
 * interval of the difference lies above a quarter of its estimate. https://github.com/spinnaker/kayenta, NetflixACAJudge.
 * Looks at all minutes so far, each `everyMinutes`.
 */
function kayenta(name: string, everyMinutes: number): RollbackRule {
  return {
    name,
    rollsBackAfterMinutes: (minutes) => {
      for (let length = everyMinutes; length <= minutes.length; length += everyMinutes) {
        const seen = minutes.slice(0, length);
        const interval = mannWhitneyInterval(
          seen.map((minute) => errorRatePercent(minute.canary)),
          seen.map((minute) => errorRatePercent(minute.stable)),
        );
        if (interval && interval.lower > 0.25 * Math.abs(interval.estimate)) return length;
      }
      return undefined;
    },
  };
}

/** Ours, with the same limit, α = 1 % over the whole trace, asked every minute as the workflow does. */
function mainstay(name: string, limitPercent: number): RollbackRule {
  const policy = { errorRatePercentMax: limitPercent, falseRollbackProbabilityMax: 0.01 };
  return {
    name,
    rollsBackAfterMinutes: (minutes) =>
      after(
        minutes.findIndex((_, index) => {
          const step = { startsAt: 0, weightPercent: 10 };
          return judge(minutes.slice(0, index + 1), policy, step).verdict === 'worse';
        }),
      ),
  };
}

export const rules: readonly RollbackRule[] = [
  argoDefault,
  cloudWatch,
  flagger(5),
  flagger(10),
  kayenta('Kayenta, once at 30 min', 30),
  kayenta('Kayenta, every 10 min', 10),
  mainstay('Mainstay', errorRatePercentMax),
];

function after(index: number): number | undefined {
  return index < 0 ? undefined : index + 1;
}
