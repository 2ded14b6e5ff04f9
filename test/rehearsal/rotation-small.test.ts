import { describe, expect, it } from 'vitest';
import { rotatedUsers } from '../../domain/rotation.ts';
import { noFaults } from '../../rehearsal/faults/fault.ts';
import { callFates, OneCallFails } from '../../rehearsal/scenarios/rotation-sweep.ts';
import { planOf, rotator, smallRotation } from './rotation-world.ts';

const whole = { pendingLeft: false, login: 'in', claims: 0, leaks: 0 };

describe.each(rotatedUsers)('a secret of %s users', (users) => {
  it('rotates again and again', async () => {
    const world = await smallRotation(planOf(users), noFaults);
    for (let round = 0; round < 3; round++) expect(await world.rotate()).toMatchObject({ ...whole, current: 'new' });
  });

  /** Every seventh call, from another one on for each fate: bench/rotation-calls.ts lets all of them fail. */
  it.each(callFates.map((fate, from) => [fate, from] as const))(
    'ends whole when a call of its rotation meets once: %s',
    async (fate, from) => {
      const plan = new OneCallFails(rotator);
      const world = await smallRotation(planOf(users), plan);
      const failed: string[] = [];
      let calls = from + 1;
      for (let index = from; index < calls; index += 7) {
        plan.expect(index, fate);
        const ending = await world.rotate();
        calls = Math.max(calls, plan.seen.length);
        const { current: _either, labels, notices: _told, ...rest } = ending;
        const currents = labels.filter((stages) => stages.includes('AWSCURRENT')).length;
        if (JSON.stringify(rest) !== JSON.stringify(whole) || currents !== 1)
          failed.push(`${index} ${plan.seen[index]}: ${JSON.stringify(ending)}`);
      }
      expect(failed).toEqual([]);
      expect(calls).toBeGreaterThan(40);
    },
  );
});
