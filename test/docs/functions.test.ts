import { describe, expect, it } from 'vitest';
import { tasks } from '../../lib/delivery/tasks.ts';
import { actionsOf, propertiesWhere, taskStatements, templates } from '../lib/synthesized.ts';
import { sectionOf, textOf } from './markdown.ts';

const delivery = templates()['AeonDelivery'];

interface Row {
  readonly task: string;
  readonly timeout: number;
  readonly settings: string;
  readonly rights: string;
}

const rows: Row[] = (sectionOf(textOf('docs/reference/functions.md'), 'Functions') ?? '')
  .split('\n')
  .flatMap((line) => {
    const [, task = '', , timeout, settings = '', rights = ''] = line.split('|').map((cell) => cell.trim());
    return /^[a-z-]+$/.test(task) && /^\d+$/.test(timeout ?? '')
      ? [{ task, timeout: Number(timeout), settings, rights }]
      : [];
  });

/** Letters of the sets of environment variables, by a variable of each. */
const sets: Readonly<Record<string, string>> = {
  MAINSTAY_ENVIRONMENT: 'E',
  MAINSTAY_CLUSTER_NAME: 'K',
  MAINSTAY_APPROVALS_TABLE: 'A',
  MAINSTAY_TOPIC_CRITICAL: 'T',
};

describe('docs/reference/functions.md', () => {
  it('has a row for every function of a workflow', () => {
    expect(rows.map(({ task }) => task).sort()).toEqual([...tasks.map(({ task }) => task), 'apply-objects'].sort());
  });

  it.each(rows.filter(({ task }) => task !== 'apply-objects'))('says of $task what is deployed', (row) => {
    const name = `mainstay-aeon-${row.task}`;
    const properties = propertiesWhere(delivery, 'AWS::Lambda::Function', 'FunctionName', name);
    const { Variables } = properties['Environment'] as { Variables: Record<string, unknown> };
    const letters = Object.entries(sets).flatMap(([variable, letter]) => (variable in Variables ? [letter] : []));
    const actions = [...row.rights.matchAll(/`([a-z0-9]+:[A-Za-z]+)`/g)].map(([, action]) => action);
    expect({ timeout: row.timeout, settings: row.settings.split(' '), actions: [...new Set(actions)].sort() }).toEqual({
      timeout: properties['Timeout'],
      settings: letters,
      actions: [...new Set(actionsOf(taskStatements(delivery, name)))].sort(),
    });
  });
});
