import { describe, expect, it } from 'vitest';
import { DatabaseRefused, HeartbeatNotPrepared } from '../../domain/database-errors.ts';
import type { Beat } from '../../domain/heartbeat.ts';
import { type HeartbeatPorts, heartbeat } from '../../lambdas/heartbeat/heartbeat.ts';

const login = { host: 'db.example', port: 5432, user: 'mainstay_heartbeat', password: 'p', database: 'aeon_dt' };
const nine = new Date('2026-01-05T09:00:00.000Z');
const later = new Date('2026-01-05T09:01:00.000Z');

/** A table with at most one row, as the statements on it treat it. */
class Table {
  row: Beat | undefined;
  now = nine;
  connections = 0;
  open = 0;
  crashAfterBeat = false;

  constructor(row?: Beat) {
    this.row = row;
  }

  readonly ports: HeartbeatPorts = {
    clock: { now: () => this.now },
    logins: { read: async () => login },
    secretName: 'mainstay/aeon/databases/aeon-dt/heartbeat',
    connect: async (_login, use) => {
      this.connections++;
      this.open++;
      try {
        return await use({
          beat: async (at) => {
            if (!this.row || this.row.beatenAt >= at) return undefined;
            this.row = { ...this.row, beatenAt: at };
            if (this.crashAfterBeat) throw new Error('the function is gone');
            return this.row;
          },
          read: async () => this.row,
        });
      } finally {
        this.open--;
      }
    },
  };
}

const prepared = (): Beat => ({ epoch: 1, beatenAt: new Date(0) });

describe('the heartbeat', () => {
  it('moves the row to now and leaves its epoch', async () => {
    const table = new Table({ epoch: 3, beatenAt: new Date(0) });
    expect(await heartbeat(table.ports)).toEqual({ epoch: 3, beatenAt: '2026-01-05T09:00:00.000Z', moved: true });
    expect(table.row).toEqual({ epoch: 3, beatenAt: nine });
  });

  it('delivered twice changes nothing the second time, and is no failure', async () => {
    const table = new Table(prepared());
    await heartbeat(table.ports);
    expect(await heartbeat(table.ports)).toEqual({ epoch: 1, beatenAt: '2026-01-05T09:00:00.000Z', moved: false });
  });

  it('delivered late does not move the row back', async () => {
    const table = new Table({ epoch: 1, beatenAt: later });
    expect(await heartbeat(table.ports)).toMatchObject({ beatenAt: '2026-01-05T09:01:00.000Z', moved: false });
    expect(table.row?.beatenAt).toEqual(later);
  });

  it('that crashes after its write is delivered again without harm', async () => {
    const table = new Table(prepared());
    table.crashAfterBeat = true;
    await expect(heartbeat(table.ports)).rejects.toThrow('the function is gone');
    table.crashAfterBeat = false;
    expect(await heartbeat(table.ports)).toMatchObject({ beatenAt: '2026-01-05T09:00:00.000Z', moved: false });
  });

  it('closes its connection whatever happens', async () => {
    const table = new Table(prepared());
    await heartbeat(table.ports);
    table.crashAfterBeat = true;
    table.now = later;
    await expect(heartbeat(table.ports)).rejects.toThrow();
    expect([table.connections, table.open]).toEqual([2, 0]);
  });

  it('without a row says what makes it', async () => {
    await expect(heartbeat(new Table().ports)).rejects.toThrow(HeartbeatNotPrepared);
  });

  it('passes on what the database refuses', async () => {
    const refusal = new DatabaseRefused(login.host, 'permission denied', '42501');
    const ports = { ...new Table(prepared()).ports, connect: () => Promise.reject(refusal) };
    await expect(heartbeat(ports)).rejects.toThrow(/SQLSTATE 42501.*prepare-database/s);
  });
});
