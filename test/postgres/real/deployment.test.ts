import { beforeAll, describe, expect, it } from 'vitest';
import { assemblyOf } from '../../../bin/cli/assembly.ts';
import { heartbeatPeriodSeconds, masterSecretName } from '../../../domain/databases.ts';
import { aeon } from '../../../platforms/aeon.ts';
import type { Rds } from '../../../rehearsal/aws/rds.ts';
import type { SecretsManager } from '../../../rehearsal/aws/secretsmanager.ts';
import { createRehearsal } from '../../../rehearsal/rehearsal.ts';
import { withoutServers } from './available.ts';

const minute = 60_000;
const startsAt = Date.UTC(2026, 0, 5, 9);

/** The whole platform, deployed and left alone for longer than the alarm of its replica's lag warms up. */
async function deployed(postgres: boolean) {
  const assemblyDirectory = await assemblyOf(aeon, 'production', undefined);
  const rehearsal = await createRehearsal({ assemblyDirectory, seed: 1, startsAt, postgres });
  const { kernel, account } = rehearsal;
  await kernel.run({ until: kernel.now() + 75 * minute });
  const servers = account.service<Rds>('rds').instances.map(({ region, real }) => ({ region, real }));
  const beats = await Promise.all(
    servers.map(({ real }) => kernel.hold(async () => real?.inspect('aeon_dt', 'SELECT * FROM mainstay.heartbeat'))),
  );
  const master = account
    .service<SecretsManager>('secretsmanager')
    .field('us-east-1', masterSecretName('aeon', 'aeon-dt'), 'password');
  const alarms = rehearsal.log.events.filter(({ kind, to }) => kind === 'alarm.changed' && to === 'ALARM');
  const observed = {
    alarms: alarms.map(({ alarm }) => alarm),
    sha256: rehearsal.log.sha256(),
    lines: rehearsal.log.toLines(),
    now: kernel.now(),
    beats,
    master,
  };
  await rehearsal.close();
  return { ...observed, running: servers.map(({ real }) => real?.running) };
}

describe.skipIf(withoutServers !== undefined)('the whole platform on real servers', () => {
  let run: Awaited<ReturnType<typeof deployed>>;
  beforeAll(async () => {
    run = await deployed(true);
  }, 180_000);

  it('is prepared by our own functions, in both regions', () => {
    const [primary, standby] = run.beats;
    expect(primary).toEqual([{ id: 1, epoch: '1', beaten_at: expect.any(Date) }]);
    expect(standby).toEqual(primary);
    const age = run.now - Number(primary?.[0]?.['beaten_at']);
    expect(age).toBeGreaterThanOrEqual(0);
    expect(age).toBeLessThanOrEqual(heartbeatPeriodSeconds * 1000);
  });

  it('writes the same log again', async () => {
    expect((await deployed(true)).sha256).toBe(run.sha256);
  }, 180_000);

  it('writes the log that the modelled databases give, but for the figures of the replica’s lag', async () => {
    const withoutFigures = (lines: string): string => lines.replaceAll(/\d+\.\d+ \(\d\d\/\d\d\/\d\d/g, 'figure');
    expect(withoutFigures((await deployed(false)).lines)).toBe(withoutFigures(run.lines));
  }, 180_000);

  it('raises no alarm but that nobody serves', () => {
    // No release serves yet, and from outside that looks as if the region were lost.
    expect([...new Set(run.alarms)]).toEqual(['mainstay-aeon-signal-lost-public']);
  });

  it('leaves no password in it, and no server behind', () => {
    expect(run.lines).not.toContain(run.master);
    expect(run.running).toEqual([false, false]);
  });
});
