import { beforeAll, describe, expect, it } from 'vitest';
import { assemblyOf } from '../../bin/cli/assembly.ts';
import { aeon } from '../../platforms/aeon.ts';
import type { Rds } from '../../rehearsal/aws/rds.ts';
import type { SecretsManager } from '../../rehearsal/aws/secretsmanager.ts';
import { createRehearsal, type Rehearsal } from '../../rehearsal/rehearsal.ts';

const minute = 60_000;
let rehearsal: Rehearsal;

/** The whole platform, deployed from its bundles and templates, then an hour and ten minutes of rest: the alarm on replication lag begins to look after an hour. */
beforeAll(async () => {
  const assemblyDirectory = await assemblyOf(aeon, 'production', undefined);
  rehearsal = await createRehearsal({ assemblyDirectory, seed: 1, startsAt: Date.UTC(2026, 0, 5, 9) });
  await rehearsal.kernel.run({ until: rehearsal.kernel.now() + 70 * minute });
}, 60_000);

const instanceIn = (region: string) => {
  const instance = rehearsal.account.service<Rds>('rds').instance(region, 'aeon-aeon-dt');
  if (!instance) throw new Error(`${region} has no database`);
  return instance;
};

describe('the deployed platform at rest', () => {
  it('raises no alarm but that nobody serves, neither while it is deployed nor in the hour after', () => {
    const raised = rehearsal.log.events
      .filter(({ kind, to }) => kind === 'alarm.changed' && to === 'ALARM')
      .map(({ alarm }) => alarm);
    // No release serves yet, and from outside that looks as if the region were lost.
    expect([...new Set(raised)]).toEqual(['mainstay-aeon-signal-lost-public']);
  });
});

describe('the deployed heartbeat', () => {
  it('is two seconds old at most, in the first reign', () => {
    const { heartbeat } = instanceIn('us-east-1').model;
    expect(heartbeat?.epoch).toBe(1);
    expect(rehearsal.kernel.now() - (heartbeat?.beatenAt ?? 0)).toBeLessThan(2_100);
  });

  it('keeps the lag of an idle primary below what the alarm takes for trouble', () => {
    const alarm = rehearsal.log.events.filter(
      (event) => event.kind === 'alarm.changed' && event['alarm'] === 'mainstay-aeon-replication-lag',
    );
    expect(alarm.map((event) => event['to'])).toEqual(['OK']);
  });

  it('and the making of its user leave no password in the log', () => {
    const secrets = rehearsal.account.service<SecretsManager>('secretsmanager');
    const log = rehearsal.log.toLines();
    const own = ['master', 'heartbeat', 'manifest'].map((user) => `databases/aeon-dt/${user}`);
    for (const name of [...own, 'secrets/aeon-dt-postgres']) {
      expect(log).not.toContain(secrets.field('us-east-1', `mainstay/aeon/${name}`, 'password'));
    }
  });

  it('has its secrets in the standby as well', () => {
    const secrets = rehearsal.account.service<SecretsManager>('secretsmanager');
    const name = 'mainstay/aeon/databases/aeon-dt/heartbeat';
    expect(secrets.field('us-west-2', name, 'password')).toBe(secrets.field('us-east-1', name, 'password'));
  });
});
