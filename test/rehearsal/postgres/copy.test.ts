import { describe, expect, it } from 'vitest';
import { DatabaseModel } from '../../../rehearsal/postgres/database.ts';
import { verifierOf } from '../../../rehearsal/postgres/scram.ts';

const salt = Buffer.alloc(16, 7);
const parameters = {
  shared_preload_libraries: 'pg_cron',
  'cron.database_name': 'shop',
  'cron.log_run': 'off',
};

function world() {
  let now = 1_000_000;
  const server = { now: () => now, parameters };
  const model = new DatabaseModel('shop', 'chief', verifierOf('m', salt), server);
  const run = (database: DatabaseModel, text: string, values: readonly string[] = []) => {
    const transaction = database.begin();
    const result = transaction.run(text, values, 'chief');
    transaction.commit();
    return result;
  };
  run(model, 'CREATE SCHEMA IF NOT EXISTS mainstay');
  run(
    model,
    'CREATE TABLE IF NOT EXISTS mainstay.heartbeat (id smallint PRIMARY KEY CHECK (id = 1), epoch bigint NOT NULL, beaten_at timestamptz NOT NULL)',
  );
  run(
    model,
    'INSERT INTO mainstay.heartbeat (id, epoch, beaten_at) VALUES (1, $1, to_timestamp(0)) ON CONFLICT (id) DO NOTHING',
    ['1'],
  );
  run(model, 'CREATE EXTENSION IF NOT EXISTS pg_cron');
  run(model, 'SELECT cron.schedule($1, $2, $3) AS job', [
    'mainstay-heartbeat',
    '2 seconds',
    'UPDATE mainstay.heartbeat SET beaten_at = now() WHERE id = 1 AND beaten_at < now()',
  ]);
  return {
    model,
    run,
    server,
    wait: (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

describe('a copy of a modelled database', () => {
  it('has the roles of its moment and none that came to the other later', () => {
    const { model, run, server } = world();
    run(model, 'CREATE ROLE "before" LOGIN');
    const copied = model.copy({ server });
    run(model, 'CREATE ROLE "later" LOGIN');
    run(copied, 'CREATE ROLE "restored" LOGIN');
    expect(['chief', 'before', 'later', 'restored'].map((user) => copied.verifier(user) !== undefined)).toEqual([
      true,
      true,
      false,
      true,
    ]);
    expect(model.verifier('restored')).toBeUndefined();
  });

  it('keeps still on a server whose clock stands, and beats again where it runs', () => {
    const { model, server, wait } = world();
    wait(60_000);
    const takenAt = server.now();
    const snapshot = model.copy({ server: { now: () => takenAt, parameters } });
    wait(3_600_000);
    expect(takenAt - (snapshot.heartbeat?.beatenAt ?? 0)).toBeLessThan(5_000);
    const restored = snapshot.copy({ server });
    expect(restored.heartbeat).toEqual(snapshot.heartbeat);
    wait(10_000);
    expect(server.now() - (restored.heartbeat?.beatenAt ?? 0)).toBeLessThan(5_000);
  });

  it('as of a moment has no later beat', () => {
    const { model, server, wait } = world();
    wait(60_000);
    const asOf = server.now() - 30_000;
    const promoted = model.copy({ server, asOf });
    expect(promoted.heartbeat?.beatenAt).toBeLessThanOrEqual(asOf);
    expect(asOf - (promoted.heartbeat?.beatenAt ?? 0)).toBeLessThan(5_000);
  });
});
