import awsCronParser from 'aws-cron-parser';
import { assertModelled } from './modelled.ts';
import { AwsError } from './service.ts';

const hourMilliseconds = 3_600_000;
const dayMilliseconds = 24 * hourMilliseconds;
/** 'You can rotate a secret as often as every four hours.' https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html */
const hoursMinimum = 4;

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotationRulesType.html */
export interface RotationRules {
  readonly AutomaticallyAfterDays?: number;
  readonly Duration?: string;
  readonly ScheduleExpression?: string;
}

/** A time in which a rotation begins, in milliseconds since 1970. */
export interface RotationWindow {
  readonly opensAt: number;
  readonly closesAt: number;
}

/** The window of a rotation that comes after `base`: the last rotation, or the moment in which the rules were given. */
export type RotationSchedule = (base: number) => RotationWindow | undefined;

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}

function midnightBefore(at: number): number {
  return Math.floor(at / dayMilliseconds) * dayMilliseconds;
}

/**
 * The windows of a secret's rotation, in UTC. Throws AwsError InvalidParameterException for rules that Secrets Manager refuses,
 * Unmodelled for members that it does not know.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
 */
export function rotationScheduleOf(rules: RotationRules): RotationSchedule {
  assertModelled(rules, ['AutomaticallyAfterDays', 'Duration', 'ScheduleExpression'], 'RotationRules');
  const { AutomaticallyAfterDays: days, ScheduleExpression: expression } = rules;
  if ((days === undefined) === (expression === undefined)) {
    throw invalid('RotationRules need AutomaticallyAfterDays or ScheduleExpression, and not both.');
  }
  if (days !== undefined) {
    if (!Number.isInteger(Number(days)) || Number(days) < 1 || Number(days) > 1000) {
      throw invalid('RotationRules.AutomaticallyAfterDays must be within 1-1000.');
    }
    return everyDays(Number(days), durationOf(rules, undefined));
  }
  const text = String(expression);
  const [, count, unit] = /^rate\((\d+) (hour|day)s?\)$/.exec(text) ?? [];
  if (count && unit === 'day') return everyDays(Number(count), durationOf(rules, undefined));
  if (count) return everyHours(Number(count), rules);
  const [, cron] = /^cron\((.+)\)$/.exec(text) ?? [];
  if (cron) return byCron(cron, rules);
  throw invalid(`The schedule expression ${text} is neither rate(…) in hours or days nor cron(…).`);
}

/** `3h`, in milliseconds; what stands for none where there is none. */
function durationOf({ Duration: duration }: RotationRules, none: number | undefined): number | undefined {
  if (duration === undefined) return none;
  const hours = Number(/^(\d+)h$/.exec(duration)?.[1]);
  if (Number.isInteger(hours) && hours >= 1 && hours <= 24) return hours * hourMilliseconds;
  throw invalid(`The duration ${duration} is not of the form 3h, with 1 to 24 hours.`);
}

/** 'must not extend into … the next UTC day'. Without a duration the window closes with the day. */
function windowAt(opensAt: number, duration: number | undefined): RotationWindow {
  const dayEnds = midnightBefore(opensAt) + dayMilliseconds;
  const closesAt = duration === undefined ? dayEnds : opensAt + duration;
  if (closesAt > dayEnds) throw invalid('The rotation window must not extend into the next UTC day.');
  return { opensAt, closesAt };
}

/** 'the rotation window starts at midnight'. */
function everyDays(days: number, duration: number | undefined): RotationSchedule {
  return (base) => windowAt(midnightBefore(base) + days * dayMilliseconds, duration);
}

/** From midnight on, every so many hours. */
function everyHours(hours: number, rules: RotationRules): RotationSchedule {
  if (hours < hoursMinimum)
    throw invalid(`A secret rotates at most every ${hoursMinimum} hours; every ${hours} was asked.`);
  const duration = durationOf(rules, hourMilliseconds);
  return (base) => {
    const midnight = midnightBefore(base);
    const passed = Math.floor((base - midnight) / (hours * hourMilliseconds)) + 1;
    return windowAt(midnight + passed * hours * hourMilliseconds, duration);
  };
}

/** Minutes are 0 and the year is `*`; a list or step of hours is a schedule in hours, whose window is an hour long. */
function byCron(cron: string, rules: RotationRules): RotationSchedule {
  const fields = cron.split(' ');
  const [minutes, hours = '', , , , year] = fields;
  if (fields.length !== 6 || minutes !== '0' || year !== '*') {
    throw invalid(`cron(${cron}): six fields are needed, minutes 0 and year *.`);
  }
  const parsed = awsCronParser.parse(cron);
  const duration = durationOf(rules, /[*/,-]/.test(hours) ? hourMilliseconds : undefined);
  return (base) => {
    const opensAt = awsCronParser.next(parsed, new Date(base))?.getTime();
    return opensAt === undefined ? undefined : windowAt(opensAt, duration);
  };
}
