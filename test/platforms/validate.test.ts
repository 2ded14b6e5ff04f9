import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aeon } from '../../platforms/aeon.ts';
import { validatePlatform } from '../../platforms/validate.ts';
import { changed, type Draft, violationsOf } from './variants.ts';

describe('a wrong field', () => {
  it('is refused when it is unknown, with the fields that are known', () => {
    expect(violationsOf(changed(['bogus'], 1))).toEqual([
      expect.objectContaining({ path: 'bogus', value: 1, allowed: expect.stringMatching(/regions, gateway, cluster/) }),
    ]);
  });

  it('in a wrong unit is pointed to the right one', () => {
    expect(violationsOf(changed(['services', 0, 'rollout', 'drainMinutes'], 1))[0]).toMatchObject({
      path: 'services[0].rollout.drainMinutes',
      remedy: expect.stringMatching(/Did you mean 'drainSeconds'/),
    });
  });

  it('of the wrong type says what came and what is allowed', () => {
    expect(violationsOf(changed(['cluster', 'logRetentionDays'], '30'))).toEqual([
      expect.objectContaining({ path: 'cluster.logRetentionDays', value: '30', allowed: 'a value of type number' }),
    ]);
  });

  it('that is missing says so', () => {
    expect(violationsOf(changed(['images', 'scan'], undefined))[0]).toMatchObject({
      path: 'images.scan',
      value: undefined,
    });
  });

  it('out of range says the range', () => {
    expect(violationsOf(changed(['services', 0, 'port'], 70_000))[0]).toMatchObject({
      path: 'services[0].port',
      allowed: '65535 at most',
    });
  });

  it('of an unknown kind says the kinds', () => {
    expect(violationsOf(changed(['cluster', 'nodeGroups', 0, 'purchase'], 'cheap'))[0]).toMatchObject({
      allowed: '"spot" or "on-demand"',
    });
  });

  it('inside a store of a kind is compared with the fields of that kind', () => {
    expect(violationsOf(changed(['stores', 0, 'gibabytes'], 1))[0]).toMatchObject({
      path: 'stores[0].gibabytes',
      allowed: expect.stringMatching(/purpose, type, gibibytes/),
    });
  });
});

describe('all violations', () => {
  it('are told at once: of the schema and of rules whose parts are well formed', () => {
    const draft = changed(['bogus'], 1);
    (draft['promotion'] as Draft)['successPercentMin'] = 'most';
    ((draft['regions'] as Draft)['standby'] as Draft)['name'] = 'us-east-1';
    ((draft['databases'] as Draft[])[0] as Draft)['multipleZones'] = false;
    const paths = violationsOf(draft).map((violation) => violation.path);
    expect(paths).toEqual(
      expect.arrayContaining([
        'bogus',
        'promotion.successPercentMin',
        'regions.standby.name',
        'databases[0].multipleZones',
      ]),
    );
  });

  it('stand in the message, each with path, value, what is allowed, the rule and a remedy', () => {
    const draft = changed(['recovery', 'databaseChecks', 'actAfterSeconds'], 5);
    expect(() => validatePlatform(draft)).toThrow(
      "The platform 'aeon' is not sound: 1 violation.\n" +
        '  recovery.databaseChecks.actAfterSeconds: is 5; allowed: everySeconds (10) or more [databaseFailoverIsPossible]\n' +
        '    A check must have had time to fail.',
    );
  });

  it.each([null, undefined, 'aeon', 7, [], [aeon]])('of no definition at all are one: %j', (definition) => {
    expect(violationsOf(definition)).toHaveLength(1);
  });
});

it('never throws anything but InvalidPlatform, whatever takes the place of a part', () => {
  const parts = fc.constantFrom(...Object.keys(aeon));
  fc.assert(
    fc.property(parts, fc.anything(), (part, value) => {
      expect(violationsOf(changed([part], value)).length).toBeGreaterThanOrEqual(0);
    }),
  );
});

describe('a sound variant passes', () => {
  it('with other replicas and capacity in order', () => {
    const ordered = fc
      .uniqueArray(fc.integer({ min: 3, max: 100 }), { minLength: 3, maxLength: 3 })
      .map((numbers) => numbers.toSorted((a, b) => a - b))
      // The standby's three nodes hold 21 of them.
      .filter(([minimum = 0]) => minimum <= 21);
    fc.assert(
      fc.property(ordered, ([minimum, initial, maximum]) => {
        expect(violationsOf(changed(['services', 0, 'replicas'], { minimum, initial, maximum }))).toEqual([]);
      }),
    );
  });

  it('with other canary steps that rise to 100', () => {
    const weights = fc
      .uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 8 })
      .map((numbers) => [...numbers.toSorted((a, b) => a - b), 100]);
    fc.assert(
      fc.property(weights, (given) => {
        const steps = given.map((weightPercent) => ({ weightPercent, watchSeconds: 60 }));
        expect(violationsOf(changed(['promotion', 'canarySteps'], steps))).toEqual([]);
      }),
    );
  });

  it('without a standby, when nothing asks for one', () => {
    const draft = changed(['regions', 'standby'], undefined);
    expect(violationsOf(draft).map((violation) => violation.path)).toEqual([
      'stages.production.standby',
      'recovery.platform.recoveryPointMinutesMax',
      'recovery.fencing.witness',
      'backups.recoverySets.copiedToStandby',
    ]);
  });
});
