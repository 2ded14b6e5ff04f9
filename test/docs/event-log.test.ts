import { globSync } from 'node:fs';
import { expect, it } from 'vitest';
import { root, textOf } from './markdown.ts';

const sources = globSync('rehearsal/**/*.ts', { cwd: root }).map(textOf);
const written = sources.flatMap((source) =>
  [...source.matchAll(/\blog\.write\(\s*'([^']+)'/g)].map(([, kind]) => kind),
);
const described = textOf('docs/reference/event-log.md')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([a-z.]+)`/g)].map(([, kind]) => kind));

it('every kind of event that a rehearsal writes is described, and none besides', () => {
  expect(described.sort()).toEqual([...new Set(written)].sort());
});

it('kinds are written out where an event is written, so that they can be found', () => {
  const computed = sources.flatMap((source) => source.match(/\blog\.write\(\s*[^'\s][^\n]*/g) ?? []);
  expect(computed).toEqual([]);
});
