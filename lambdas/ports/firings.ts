import type { Firing } from '../../domain/escalation.ts';

/** Alarms that fire, and who answers for them. */
export interface Firings {
  /** With who answered, where somebody did; undefined where there is no such alarm. */
  find(alarm: string): Promise<Firing | undefined>;
  /** Takes an answer of an earlier firing away. */
  forgetAnswer(arn: string): Promise<void>;
}

/** One topic. */
export interface Topic {
  publish(subject: string, message: string): Promise<void>;
}
