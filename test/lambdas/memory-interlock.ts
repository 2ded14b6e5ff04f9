import { WorkInProgress } from '../../domain/errors.ts';
import type { InterlockClaim, InterlockSubject } from '../../domain/interlock.ts';
import type { Clock } from '../../lambdas/ports/clock.ts';
import type { Interlock } from '../../lambdas/ports/interlock.ts';

/** The interlock in memory, with the table's rules: test/lambdas/aws/interlock.test.ts holds the adapter to the same. */
export class MemoryInterlock implements Interlock {
  readonly #clock: Clock;
  readonly #claims = new Map<InterlockSubject, InterlockClaim>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async claim({ subjects, work, holder, forSeconds }: Parameters<Interlock['claim']>[0]): Promise<InterlockClaim[]> {
    const others = (await this.list()).filter((claim) => claim.holder !== holder);
    for (const wanted of subjects) {
      const inTheWay = others.find(({ subject }) => [subject, wanted].includes('platform') || subject === wanted);
      if (inTheWay) throw new WorkInProgress(wanted, inTheWay);
    }
    const until = new Date(this.#clock.now().getTime() + forSeconds * 1000).toISOString();
    return subjects.map((subject) => {
      const before = this.#claims.get(subject);
      const later = before && before.holder === holder && before.until > until ? before.until : until;
      const claim = { subject, work, holder, until: later };
      this.#claims.set(subject, claim);
      return claim;
    });
  }

  async release(holder: string, subjects: readonly InterlockSubject[]): Promise<void> {
    for (const subject of subjects) {
      if (this.#claims.get(subject)?.holder === holder) this.#claims.delete(subject);
    }
  }

  async list(): Promise<InterlockClaim[]> {
    const now = this.#clock.now().toISOString();
    return [...this.#claims.values()].filter(({ until }) => until > now);
  }
}
