import { describe, expect, it } from 'vitest';
import { NotYetDeployable } from '../../lib/platform-app.ts';
import { aeon } from '../../platforms/aeon.ts';
import type { Platform } from '../../platforms/schema.ts';
import { changed } from '../platforms/variants.ts';
import { definedApp } from './synthesized.ts';

/** What a synth of aeon with one place changed says; undefined where it takes the definition. */
function refusalOf(path: readonly (string | number)[], value: unknown): string | undefined {
  try {
    definedApp('production', changed(path, value) as unknown as Platform);
  } catch (error) {
    if (error instanceof NotYetDeployable) return error.message;
    throw error;
  }
  return undefined;
}

describe('a definition that asks for what no stack makes', () => {
  it.each([
    ['gateway.requestLimit', ['gateway', 'requestLimit'], { requests: 100, perSeconds: 1, by: 'address' }],
    ['databases[0].connections.pooled', ['databases', 0, 'connections'], { maximum: 200, pooled: true }],
    ['databases[0].engine', ['databases', 0, 'engine'], 'mysql'],
    ['stores[1].kind', ['stores', 1], { kind: 'redis', name: 'cache', memoryMebibytes: 300, port: 6379, replicas: 2 }],
    [
      'stores[1].kind',
      ['stores', 1],
      {
        kind: 'rabbitmq',
        name: 'queue',
        nodes: 3,
        port: 5672,
        durable: true,
        deadLetterQueues: true,
        defaultUser: false,
      },
    ],
    ['promotion.automaticRollback', ['promotion', 'automaticRollback'], false],
    ['backups.recoverySets.beforeEveryDeployment', ['backups', 'recoverySets', 'beforeEveryDeployment'], true],
    ['secrets.entries[0].name', ['secrets', 'entries', 0, 'name'], 'key'],
    ['images.repositories[3].name', ['images', 'repositories', 3, 'name'], 'replication'],
    ['databases[0].name', ['databases', 0], { ...aeon.databases[0], name: 'place' }],
    ['services[1].name', ['services', 1], { ...aeon.services[1], name: 'environment' }],
  ])('is refused at synth with the path %s and what to do', (where, path, value) => {
    const [title, refusal, remedy, ...more] = (refusalOf(path, value) ?? '').split('\n');
    expect(title).toBe("The platform 'aeon' can't be deployed yet.");
    expect(refusal?.startsWith(`  ${where}: `)).toBe(true);
    expect(remedy).toMatch(/^ {4}[A-Z].*\.$/);
    expect(more).toEqual([]);
  });

  it.each([
    ['mysql', ['databases', 0, 'engine'], 'mysql'],
    ['redis', ['stores', 1], { kind: 'redis', name: 'cache', memoryMebibytes: 300, port: 6379, replicas: 2 }],
  ])(
    'that opens with logins of %s is told what of their rotation is there, and what is missing',
    (kind, path, value) => {
      const told = refusalOf(path, value);
      expect(told).toContain(`The function that rotates ${kind} logins is built and tried on a real `);
      expect(told).toContain(
        `missing are who makes its first user, the parameter with its host and port in each region`,
      );
      expect(told).toContain(`a modelled ${kind} server for rehearsals`);
    },
  );

  it('is told that a database of MySQL would have backups that nothing proves', () => {
    expect(refusalOf(['databases', 0, 'engine'], 'mysql')).toContain('its backups without a manifest');
  });

  it('is told all of it at once', () => {
    const definition = structuredClone(aeon);
    definition.promotion.automaticRollback = false;
    Object.assign(definition.databases[0] ?? {}, { engine: 'mysql', connections: { maximum: 200, pooled: true } });
    expect(() => definedApp('production', definition)).toThrow(
      /databases\[0\]\.engine: (.|\n)*databases\[0\]\.connections\.pooled: (.|\n)*promotion\.automaticRollback: /,
    );
  });

  it('is nobody who asks for less', () => {
    expect(refusalOf(['databases', 0, 'connections'], { maximum: 200, pooled: false })).toBeUndefined();
    expect(refusalOf(['secrets', 'entries', 0, 'name'], 'maps-key')).toBeUndefined();
  });
});
