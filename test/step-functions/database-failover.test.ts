import { describe, expect, it } from 'vitest';
import {
  beginDatabaseFailover,
  lookAtDatabase,
  tellDatabaseFailover,
} from '../../lambdas/failover/database-failover.ts';
import { claimWork } from '../../lambdas/interlock/claim-work.ts';
import { releaseWork } from '../../lambdas/interlock/release-work.ts';
import { validateDefinition } from '../../rehearsal/asl/index.ts';
import { Kernel } from '../../rehearsal/kernel/kernel.ts';
import type { Json } from '../../rehearsal/kernel/log.ts';
import { database, login, MemoryDatabase, MemoryReign, plan, start, TestClock } from '../lambdas/failover/world.ts';
import { MemoryInterlock } from '../lambdas/memory-interlock.ts';
import { definitionOf } from './definitions.ts';
import { interpret, type Task } from './interpret.ts';

interface Options {
  readonly given?: Json;
  /** RDS moves the instance by itself. */
  readonly byItself?: boolean;
  /** Seconds that a failover takes. */
  readonly takes?: number;
  readonly reigns?: boolean;
  readonly multipleZones?: boolean;
  readonly claimedBy?: 'rotation' | 'failover';
}

/** A database that has been silent for 30 seconds. */
async function failover({ byItself, takes = 60, reigns = true, multipleZones = true, claimedBy, given }: Options = {}) {
  const kernel = new Kernel({ seed: 1, startsAt: start });
  const clock = new TestClock();
  Object.defineProperty(clock, 'seconds', { get: () => (kernel.now() - start) / 1000 });
  const postgres = new MemoryDatabase(clock);
  postgres.lost = true;
  const reboots: boolean[] = [];
  let status = 'available';
  const move = () => {
    status = 'rebooting';
    kernel.after(takes * 1000, 'the other zone answers', () => {
      status = 'available';
      postgres.lost = false;
    });
  };
  if (byItself) move();
  const interlock = new MemoryInterlock(clock);
  if (claimedBy)
    await interlock.claim({ subjects: ['database/aeon-dt'], work: claimedBy, holder: 'other', forSeconds: 3600 });
  const published: string[][] = [];
  const ports = {
    environment: 'aeon',
    region: 'us-east-1',
    plan,
    databases: [database],
    reign: new MemoryReign({ epoch: 1, primary: reigns ? 'us-east-1' : 'us-west-2' }),
    interlock,
    clock,
    login,
    epoch: 1,
    withDatabase: postgres.with,
    instances: {
      see: async () => ({ status, multipleZones }),
      reboot: async (_: string, force: boolean) => {
        reboots.push(force);
        move();
        return true;
      },
    },
    notifications: { publish: async (...told: string[]) => void published.push(told) },
  };
  const on =
    (task: (payload: never, ports: never) => Promise<unknown>): Task =>
    (payload) =>
      task(payload, ports as never);
  const run = interpret({
    workflow: 'database-failover',
    name: 'aeon-dt-1',
    kernel,
    input: given ?? {
      platform: 'aeon',
      database: 'aeon-dt',
      reason: 'Silent.',
      beatBefore: clock.at(-30).toISOString(),
    },
    tasks: {
      'begin-database-failover': on(beginDatabaseFailover as never),
      'claim-work': on(claimWork as never),
      'release-work': on(releaseWork as never),
      'look-at-failed-database': on(lookAtDatabase as never),
      'tell-database-failover': on(tellDatabaseFailover as never),
    },
  });
  const result = await run.result();
  return {
    result,
    output: (result.output ?? {}) as Record<string, unknown>,
    seconds: (kernel.now() - start) / 1000,
    reboots,
    interlock,
    published,
  };
}

describe('database-failover', () => {
  it('is a definition that Step Functions takes', () => {
    expect(validateDefinition(definitionOf('database-failover'), 'STANDARD').diagnostics).toEqual([]);
  });

  it('moves a database that RDS does not move, once, and loses nothing', async () => {
    const { output, reboots, seconds, interlock } = await failover();
    expect(output).toMatchObject({ outcome: 'failed-over', lostSeconds: 0 });
    expect(reboots).toEqual([true]);
    // 30 seconds have passed before it began.
    expect(seconds).toBeLessThanOrEqual(70);
    expect(await interlock.list()).toEqual([]);
  });

  it('leaves it to RDS where RDS is at it', async () => {
    const { output, reboots } = await failover({ byItself: true });
    expect(reboots).toEqual([]);
    expect(output).toMatchObject({ lostSeconds: 0 });
  });

  it('restarts what has no other zone', async () => {
    expect((await failover({ multipleZones: false })).reboots).toEqual([false]);
  });

  it('waits for a rotation for a moment only', async () => {
    const { output, seconds } = await failover({ claimedBy: 'rotation' });
    expect(output['outcome']).toBe('failed-over');
    expect(seconds).toBeLessThanOrEqual(100);
  });

  it('is refused beside another failover of it', async () => {
    const { result, reboots } = await failover({ claimedBy: 'failover' });
    expect(result).toMatchObject({ status: 'FAILED', error: 'WorkInProgress' });
    expect(reboots).toEqual([]);
  });

  it('calls a person when it does not come back in time, and says what is next', async () => {
    const { result, published, seconds } = await failover({ takes: 600 });
    expect(result).toMatchObject({ status: 'FAILED', error: 'DatabaseDown' });
    expect(published[0]?.[2]).toContain('region-failover');
    expect(seconds).toBeLessThanOrEqual(100);
  });

  it('ends quietly where another region reigns, and refuses a database that there is not', async () => {
    const elsewhere = await failover({ reigns: false });
    expect(elsewhere.output).toMatchObject({ outcome: 'stayed' });
    expect([elsewhere.published, elsewhere.reboots]).toEqual([[], []]);
    const unknown = await failover({ given: { platform: 'aeon', database: 'other', reason: 'x' } });
    expect(unknown.result).toMatchObject({ status: 'FAILED', error: 'UnknownDatabase' });
  });
});
