import { describe, expect, it } from 'vitest';
import * as errors from '../../domain/errors.ts';
import { alarmSignals, environmentName, parseAlarmName, slots, stages } from '../../domain/names.ts';
import { serviceAlarms } from '../../domain/service-alarms.ts';
import { aeon } from '../../platforms/aeon.ts';
import { deliveryOf } from '../../platforms/delivery.ts';
import { resourcesOf, templates } from '../lib/synthesized.ts';
import { anchorsOf, relativeLinksOf, sectionOf, textOf } from './markdown.ts';

const runbook = textOf('docs/runbook.md');
const anchors = anchorsOf(runbook);
const index = sectionOf(runbook, 'Index') ?? '';

/** The anchor that a description of an alarm ends with. */
function linkedEntry(description: unknown): string | undefined {
  return /Runbook: docs\/runbook\.md#(\S+)$/.exec(String(description))?.[1];
}

const synthesized = Object.values(templates()).flatMap((template) =>
  Object.values(resourcesOf(template)).filter(({ Type }) => /^AWS::CloudWatch::.*Alarm$/.test(Type)),
);

const kept = serviceAlarms(deliveryOf(aeon, 'production', 'aeon-dt-api'), {
  loadBalancer: 'app/aeon/1',
  targetGroups: { blue: 'targetgroup/blue/1', green: 'targetgroup/green/2' },
});

const errorNames = Object.entries(errors).flatMap(([name, value]) =>
  typeof value === 'function' && value.prototype instanceof Error ? [name] : [],
);

function requireParts(title: string, parts: readonly string[]): void {
  const entry = sectionOf(runbook, title) ?? '';
  expect([title, ...parts.filter((part) => !entry.includes(`**${part}**`))]).toEqual([title]);
}

/** Entries that several alarms share, and how the index names them. */
const shared: Readonly<Record<string, string>> = {
  'function-errors': 'mainstay-<env>-<task>-errors',
  'schedule-missed': 'mainstay-<env>-<schedule>-missed',
};

describe('every alarm', () => {
  it('of the templates says where its entry in the runbook is', () => {
    expect(synthesized.length).toBeGreaterThan(20);
    for (const { Properties } of synthesized) {
      const entry = linkedEntry(Properties['AlarmDescription']);
      expect([Properties['AlarmName'], anchors.has(entry ?? '')]).toEqual([Properties['AlarmName'], true]);
    }
  });

  it('of the templates stands in the index, with its severity', () => {
    for (const { Properties } of synthesized) {
      const entry = linkedEntry(Properties['AlarmDescription']);
      const name = String(Properties['AlarmName']).replace('mainstay-aeon-', 'mainstay-<env>-');
      const shown = shared[entry ?? ''] ?? name;
      const row = index.split('\n').find((line) => line.includes(`[\`${shown}\`](#${entry})`)) ?? `no row for ${name}`;
      const severity = /critical|warning|information/i.exec(JSON.stringify(Properties['AlarmActions']))?.[0];
      expect(row).toContain(String(severity).toLowerCase());
    }
  });

  it('that keep-alarms puts says where its entry is, for every scope and signal', () => {
    const entries = kept.map(({ name, description }) => [parseAlarmName(name), linkedEntry(description)] as const);
    for (const scope of [...slots, 'all']) {
      for (const signal of alarmSignals) {
        const [, entry] = entries.find(([alarm]) => alarm?.scope === scope && alarm.signal === signal) ?? [];
        expect(entry).toBe(`${scope === 'all' ? 'all' : 'slot'}-${signal}`);
        expect(anchors).toContain(entry);
        expect(index).toContain(`](#${entry})`);
      }
    }
  });

  it('says what it means, how to look, what to do and what not to', () => {
    const all = [
      ...synthesized.map(({ Properties }) => Properties['AlarmDescription']),
      ...kept.map(({ description }) => description),
    ];
    for (const entry of new Set(all.map(linkedEntry))) requireParts(entry ?? '', ['Means', 'Look', 'Do', 'Not']);
  });

  it('of a function has a line that says what stops when the function fails; others may have one', () => {
    const rows = (sectionOf(runbook, 'function-errors') ?? '').split('\n').filter((line) => line.startsWith('| `'));
    const named = rows.flatMap((row) =>
      [...(row.split('|')[1] ?? '').matchAll(/`([a-z-]+)`/g)].map(([, name]) => name),
    );
    const functionNames = new Set(
      stages.flatMap((stage) =>
        Object.values(templates(stage)).flatMap((template) =>
          Object.values(resourcesOf(template, 'AWS::Lambda::Function')).map(({ Properties }) =>
            String(Properties['FunctionName']).replace(`mainstay-${environmentName('aeon', stage)}-`, ''),
          ),
        ),
      ),
    );
    const watched = stages.flatMap((stage) =>
      Object.values(templates(stage)).flatMap((template) =>
        Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm'))
          .filter(({ Properties }) => linkedEntry(Properties['AlarmDescription']) === 'function-errors')
          .map(({ Properties }) => String(Properties['AlarmName']).replace(/-errors$/, ''))
          .map((name) => name.replace(`mainstay-${environmentName('aeon', stage)}-`, '')),
      ),
    );
    expect(watched.filter((name) => !named.includes(name))).toEqual([]);
    expect(new Set(named).size).toBe(named.length);
    expect(named.filter((name) => !functionNames.has(name ?? ''))).toEqual([]);
  });

  it.each(stages)('of the stage %s is named after its environment, so that the commands fit', (stage) => {
    const environment = stage === 'production' ? 'aeon' : `aeon-${stage}`;
    const names = Object.values(templates(stage)).flatMap((template) =>
      Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties['AlarmName']),
    );
    expect(names.filter((name) => !String(name).startsWith(`mainstay-${environment}-`))).toEqual([]);
  });
});

describe('every named error', () => {
  it('is one of those that the workflows can end with', () => {
    expect(errorNames.length).toBeGreaterThan(20);
  });

  it.each(errorNames)('%s has its entry, and a place in the index', (name) => {
    requireParts(name, ['Means', 'Do', 'Not']);
    expect(index).toContain(`[${name}](#${name.toLowerCase()})`);
  });

  it('is a heading only while it exists', () => {
    const listed = [...index.matchAll(/\[([A-Z][A-Za-z]+)\]\(#/g)].map(([, name]) => name);
    expect(listed.sort()).toEqual([...errorNames].sort());
  });
});

it('every link in the index leads to an entry', () => {
  const missing = relativeLinksOf(index).filter((link) => !anchors.has(link.slice(1)));
  expect(missing).toEqual([]);
});
