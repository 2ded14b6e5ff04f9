import { beforeAll, describe, expect, it } from 'vitest';
import { assemblyOf } from '../../bin/cli/assembly.ts';
import { aeon } from '../../platforms/aeon.ts';
import type { Rds } from '../../rehearsal/aws/rds.ts';
import type { SecretsManager } from '../../rehearsal/aws/secretsmanager.ts';
import { createRehearsal, type Rehearsal } from '../../rehearsal/rehearsal.ts';

const minute = 60_000;
let rehearsal: Rehearsal;

/** The whole platform, deployed from its bundles and templates, then ten minutes of rest. */
beforeAll(async () => {
  const assemblyDirectory = await assemblyOf(aeon, 'production', undefined);
  rehearsal = await createRehearsal({ assemblyDirectory, seed: 1, startsAt: Date.UTC(2026, 0, 5, 9) });
  await rehearsal.kernel.run({ until: rehearsal.kernel.now() + 10 * minute });
}, 60_000);

describe('the deployed heartbeat', () => {
  it('beats each minute, in the first reign', () => {
    const { heartbeat } = rehearsal.account.service<Rds>('rds').instance('us-east-1', 'aeon-aeon-dt')?.model ?? {};
    expect(heartbeat?.epoch).toBe(1);
    expect(rehearsal.kernel.now() - (heartbeat?.beatenAt ?? 0)).toBeLessThanOrEqual(minute);
    const ended = rehearsal.log
      .toLines()
      .split('\n')
      .filter((line) => line.includes('function.ended') && line.includes('mainstay-aeon-heartbeat-aeon-dt'));
    expect(ended.length).toBeGreaterThanOrEqual(9);
    for (const line of ended) expect(line).toContain('"outcome":"ok"');
  });

  it('and the making of its user leave no password in the log', () => {
    const secrets = rehearsal.account.service<SecretsManager>('secretsmanager');
    const log = rehearsal.log.toLines();
    for (const name of ['databases/aeon-dt/master', 'databases/aeon-dt/heartbeat', 'secrets/aeon-dt-postgres']) {
      expect(log).not.toContain(secrets.field('us-east-1', `mainstay/aeon/${name}`, 'password'));
    }
  });

  it('has its secrets in the standby as well', () => {
    const secrets = rehearsal.account.service<SecretsManager>('secretsmanager');
    const name = 'mainstay/aeon/databases/aeon-dt/heartbeat';
    expect(secrets.field('us-west-2', name, 'password')).toBe(secrets.field('us-east-1', name, 'password'));
  });
});
