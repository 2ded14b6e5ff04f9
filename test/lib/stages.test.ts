import { describe, expect, it } from 'vitest';
import { stages } from '../../domain/names.ts';
import { pascalCase } from '../../lib/environment.ts';
import { failbackTasks } from '../../lib/failover/failback-tasks.ts';
import { readinessTaskName } from '../../lib/failover/readiness.ts';
import { databaseTasks, guardTask, regionTasks, watchTask } from '../../lib/failover/tasks.ts';
import { aeon } from '../../platforms/aeon.ts';
import { resourcesOf, templates } from './synthesized.ts';

const byStage = new Map(stages.map((stage) => [stage, templates(stage)]));

/** A logical id without what a stage's name makes of it: permissions are called after the rule's stack, and hashed. */
function plain(logicalId: string): string {
  return logicalId.replace(/Aeon(Development|Staging)/, 'Aeon').replace(/([0-9A-F]{8})+$/, '');
}

/** Stacks of a stage by the part of their name that says what they are: `Network`, without those of a standby. */
function partsOf(stage: (typeof stages)[number]): Map<string, Record<string, string>> {
  const prefix = stage === 'production' ? 'Aeon' : `Aeon${stage[0]?.toUpperCase()}${stage.slice(1)}`;
  const own = Object.entries(byStage.get(stage) ?? {}).filter(
    ([name]) => name.startsWith(prefix) && !name.includes('Standby') && !/^AeonImages/.test(name),
  );
  return new Map(
    own.map(([name, template]) => [
      name.slice(prefix.length),
      Object.fromEntries(Object.entries(resourcesOf(template)).map(([id, { Type }]) => [plain(id), Type])),
    ]),
  );
}

/** What the data of a stage makes more or fewer of: gateways a zone, and what only a standby needs; of a database's secrets the last of their places. */
const countedByData =
  /^AWS::EC2::(NatGateway|EIP|Route)$|^(AlarmsRotate)?AeonDt(Heartbeat|Secret3$)|^WatchBackupNotCopied/;

/** What only a stage has that releases by itself: its function, with schedule, alarms and outputs. */
const releasesByItself = /^(ReleasePushed|TriggersReleasePushed|AlarmsReleasePushed)/;

/** Stacks that move a platform to its standby: a stage without one has none of them. */
const forStandby = ['Failover', 'Witness', 'Traffic'];
const failoverTasks = [
  ...[...regionTasks, ...failbackTasks, ...databaseTasks, guardTask, watchTask].map(({ task }) => task),
  readinessTaskName,
].map(pascalCase);
/** Their alarms, in the stack that watches. */
const watchesFailover = new RegExp(
  `^Alarms(RegionFailover|RegionFailback|DatabaseFailover|${failoverTasks.join('|')}|FindEntrance)[A-Z]|^Alarms(Guard|Watch)Primary`,
);

describe('the stages of one definition', () => {
  it('are made of the same stacks, all but the standby', () => {
    const production = [...partsOf('production').keys()];
    expect(production).toEqual(expect.arrayContaining(forStandby));
    for (const stage of ['development', 'staging'] as const) {
      expect([...partsOf(stage).keys()]).toEqual(production.filter((part) => !forStandby.includes(part)));
    }
  });

  it.each(['development', 'staging'] as const)(
    '%s has no resource that production lacks, but what releases by itself',
    (stage) => {
      const production = partsOf('production');
      for (const [part, resources] of partsOf(stage)) {
        const unknown = Object.entries(resources).filter(
          ([id, type]) => production.get(part)?.[id] !== type && !releasesByItself.test(id),
        );
        expect([part, unknown]).toEqual([part, []]);
      }
    },
  );

  it('release by themselves where the definition says so, and production waits for a person', () => {
    const names = (stage: (typeof stages)[number]) =>
      Object.values(byStage.get(stage) ?? {}).flatMap((template) =>
        Object.values(resourcesOf(template)).flatMap(({ Properties }) =>
          String(Properties['FunctionName'] ?? Properties['Name'] ?? ''),
        ),
      );
    for (const stage of ['development', 'staging'] as const) {
      expect(names(stage).filter((name) => name === `mainstay-aeon-${stage}-release-pushed`)).toHaveLength(2);
    }
    expect(names('production').filter((name) => name.includes('release-pushed'))).toEqual([]);
    expect(aeon.stages.production).toMatchObject({ releases: 'by-a-person', approval: { required: true } });
  });

  it('take a definition that releases production by itself as well: nothing but data decides', () => {
    const { production } = aeon.stages;
    const platform = {
      ...aeon,
      stages: { ...aeon.stages, production: { ...production, releases: 'by-itself' as const } },
    };
    const functions = Object.values(
      resourcesOf(templates('production', platform)['AeonDelivery'], 'AWS::Lambda::Function'),
    );
    expect(functions.map(({ Properties }) => Properties['FunctionName'])).toContain('mainstay-aeon-release-pushed');
  });

  it.each(['development', 'staging'] as const)('%s lacks only what its own figures leave out', (stage) => {
    const own = partsOf(stage);
    for (const [part, resources] of partsOf('production')) {
      if (forStandby.includes(part)) continue;
      const missing = Object.entries(resources).filter(
        ([id, type]) =>
          own.get(part)?.[id] === undefined &&
          ![type, id].some((text) => countedByData.test(text)) &&
          !watchesFailover.test(id),
      );
      expect([part, missing.map(([id, type]) => `${id} ${type}`)]).toEqual([part, []]);
    }
  });
});
