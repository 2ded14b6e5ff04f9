import { describe, expect, it } from 'vitest';
import { Kernel } from '../../../rehearsal/kernel/kernel.ts';

function world(): { kernel: Kernel; seen: string[] } {
  return { kernel: new Kernel({ seed: 1, startsAt: 0 }), seen: [] };
}

describe('a place', () => {
  it('is known to whatever its work sets off, after an await and after a timer', async () => {
    const { kernel, seen } = world();
    kernel.within('us-east-1', () => {
      kernel.after(10, 'first', async () => {
        seen.push(`${kernel.place}`);
        await kernel.sleep(5, 'pause');
        seen.push(`${kernel.place}`);
      });
    });
    kernel.after(10, 'elsewhere', () => {
      seen.push(`${kernel.place}`);
    });
    await kernel.run();
    expect(seen).toEqual(['us-east-1', 'undefined', 'us-east-1']);
  });

  it('that is suspended stands still while the others go on', async () => {
    const { kernel, seen } = world();
    for (const place of ['us-east-1', 'us-west-2'])
      kernel.within(place, () => kernel.after(10, 'tick', () => void seen.push(place)));
    kernel.suspend('us-east-1');
    await kernel.run({ until: 1_000 });
    expect(seen).toEqual(['us-west-2']);
  });

  it('that is resumed does what was due meanwhile, in its order, and nothing that was called off', async () => {
    const { kernel, seen } = world();
    kernel.within('us-east-1', () => {
      kernel.after(20, 'second', () => void seen.push(`second at ${kernel.now()}`));
      kernel.after(10, 'first', () => void seen.push(`first at ${kernel.now()}`));
      kernel.after(30, 'third', () => void seen.push('third')).cancel();
    });
    kernel.suspend('us-east-1');
    await kernel.run({ until: 500 });
    kernel.resume('us-east-1');
    await kernel.run({ until: 1_000 });
    expect(seen).toEqual(['first at 500', 'second at 500']);
  });

  it('waits for nobody who waits for it: a call from elsewhere stays unanswered', async () => {
    const { kernel, seen } = world();
    const answer = kernel.within('us-east-1', () => kernel.sleep(10, 'work in the lost region'));
    answer.then(() => seen.push('answered'));
    kernel.suspend('us-east-1');
    await kernel.run({ until: 1_000 });
    expect(seen).toEqual([]);
    expect(kernel.now()).toBe(1_000);
  });
});
