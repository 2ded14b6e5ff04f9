import { describe, expect, it } from 'vitest';
import { environmentName, functionName, type Stage } from '../../domain/names.ts';
import { actionsOf, resourcesOf, taskStatements, templates } from '../lib/synthesized.ts';
import { sectionOf, textOf } from './markdown.ts';

interface Row {
  readonly task: string;
  readonly timeout: number;
  readonly settings: string;
  readonly rights: string;
}

const page = textOf('docs/reference/functions.md');

const rows: Row[] = (sectionOf(page, 'Functions') ?? '').split('\n').flatMap((line) => {
  const [, task = '', , timeout, settings = '', rights = ''] = line.split('|').map((cell) => cell.trim());
  return /^[a-z-]+$/.test(task) && /^\d+$/.test(timeout ?? '')
    ? [{ task, timeout: Number(timeout), settings, rights }]
    : [];
});

/** Letter of a set → its environment variables. */
const sets = new Map(
  (sectionOf(page, 'Environment variables') ?? '').split('\n').flatMap((line) => {
    const letter = /^\| ([A-Z])\b/.exec(line)?.[1];
    const variables = [...line.matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, variable = '']) => variable);
    return letter ? [[letter, variables] as const] : [];
  }),
);

/** Every function of ours in every region: production's, and what another stage alone has. */
const functions = [...functionsAt('production'), ...functionsAt('staging')].filter(
  (each, index, all) => all.findIndex(({ task }) => task === each.task) === index || each.stage === 'production',
);

function functionsAt(stage: Stage) {
  return Object.values(templates(stage)).flatMap((template) =>
    Object.values(resourcesOf(template, 'AWS::Lambda::Function')).flatMap(({ Properties: properties }) => {
      const name = properties['FunctionName'];
      const task = String(name).replace(functionName(environmentName('aeon', stage), ''), '');
      return typeof name === 'string' ? [{ template, stage, name, task, properties }] : [];
    }),
  );
}

/** Of one task; one for each database has the database's name after the task's. */
function functionsOf(task: string) {
  return functions.filter((each) => each.task === task || each.task.startsWith(`${task}-`));
}

describe('docs/reference/functions.md', () => {
  it('has a row for every function, each once, and no other', () => {
    const described = rows.flatMap(({ task }) => functionsOf(task));
    expect(functions.filter((each) => !described.includes(each)).map(({ name }) => name)).toEqual([]);
    expect(rows.filter(({ task }) => functionsOf(task).length === 0)).toEqual([]);
    expect(new Set(rows.map(({ task }) => task)).size).toBe(rows.length);
  });

  it.each(rows)('says of $task what is deployed, in every region', (row) => {
    const rights = [...row.rights.matchAll(/`([a-z0-9]+:[A-Za-z]+)`/g)].map(([, action]) => action);
    const said = {
      timeout: row.timeout,
      variables: [
        ...new Set(row.settings.split(' ').flatMap((letter) => sets.get(letter) ?? [`set ${letter}`])),
      ].sort(),
      actions: [...new Set(rights)].sort(),
    };
    for (const { template, name, properties } of functionsOf(row.task)) {
      const { Variables } = properties['Environment'] as { Variables: Record<string, unknown> };
      expect(said).toEqual({
        timeout: properties['Timeout'],
        variables: Object.keys(Variables).sort(),
        actions: [...new Set(actionsOf(taskStatements(template, name)))].sort(),
      });
    }
  });
});
