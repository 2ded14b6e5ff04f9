import { describe, expect, it } from 'vitest';
import { Kernel } from '../../../rehearsal/kernel/kernel.ts';

/** Real work that takes so many turns of the host's loop. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe('real work that is held', () => {
  it('lets no virtual time pass, however long it takes', async () => {
    const kernel = new Kernel({ seed: 1, startsAt: 0 });
    const seen: string[] = [];
    kernel.after(10, 'work', async () => {
      await kernel.hold(() => turns(50));
      seen.push(`work done at ${kernel.now()}`);
    });
    kernel.after(11, 'next', () => void seen.push(`next at ${kernel.now()}`));
    await kernel.run();
    expect(seen).toEqual(['work done at 10', 'next at 11']);
  });

  it('runs in the order in which it was asked for, and what follows from it as well', async () => {
    const kernel = new Kernel({ seed: 1, startsAt: 0 });
    const seen: string[] = [];
    const work = async (name: string, count: number): Promise<void> => {
      await kernel.hold(() => turns(count));
      kernel.after(5, name, () => void seen.push(name));
    };
    kernel.after(1, 'both', () => {
      void work('slow', 40);
      void work('fast', 0);
    });
    await kernel.run();
    expect(seen).toEqual(['slow', 'fast']);
  });

  it('is waited for before a run ends, with nothing else to come', async () => {
    const kernel = new Kernel({ seed: 1, startsAt: 0 });
    let done = false;
    void kernel.hold(async () => {
      expect(kernel.holding).toBe(true);
      await turns(20);
      done = true;
    });
    await kernel.run({ until: 1000 });
    expect({ done, holding: kernel.holding, now: kernel.now() }).toEqual({ done: true, holding: false, now: 1000 });
  });

  it('that fails says so to its caller, and the next work runs', async () => {
    const kernel = new Kernel({ seed: 1, startsAt: 0 });
    const first = kernel.hold(async () => {
      throw new Error('broken');
    });
    const second = kernel.hold(async () => 'whole');
    await expect(first).rejects.toThrow('broken');
    await expect(second).resolves.toBe('whole');
  });
});
