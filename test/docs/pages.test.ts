import { existsSync, globSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorsOf, codeOf, headingsOf, pages, relativeLinksOf, root, textOf } from './markdown.ts';

describe('links', () => {
  it.each(pages)('of %s lead to a file, and to a heading in it', (page) => {
    const broken = relativeLinksOf(textOf(page)).filter((link) => {
      const [path = '', anchor] = link.split('#', 2);
      const target = path === '' ? page : relative(root, join(root, dirname(page), path));
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && !anchorsOf(textOf(target)).has(anchor);
    });
    expect(broken).toEqual([]);
  });
});

describe('paths', () => {
  const folders = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !['node_modules', 'cdk.out'].includes(entry.name))
    .map((entry) => entry.name);

  it.each(pages)('that %s names exist', (page) => {
    const named = codeOf(textOf(page)).filter(
      (code) => /^[\w.-]+\/[\w./*-]+\.\w+$/.test(code) && folders.includes(code.split('/')[0] ?? ''),
    );
    expect(named.filter((path) => globSync(path, { cwd: root }).length === 0)).toEqual([]);
  });
});

describe('decisions', () => {
  const files = globSync('docs/decisions/[0-9]*.md', { cwd: root }).sort();

  it('are numbered without gaps', () => {
    expect(files.map((file) => Number(/(\d{4})-/.exec(file)?.[1]))).toEqual(files.map((_, position) => position + 1));
  });

  it('are listed in their order, each under its own title', () => {
    const listed = [...textOf('docs/decisions/README.md').matchAll(/^(\d+)\. \[(.+)\]\((.+)\)$/gm)];
    expect(listed.map(([, , , file]) => `docs/decisions/${file}`)).toEqual(files);
    for (const [, number, title, file] of listed) {
      const [heading] = headingsOf(textOf(`docs/decisions/${file}`));
      expect(heading?.title.startsWith(`${number}. `)).toBe(true);
      // The list may shorten a title, but must begin as it does.
      expect(heading?.title.slice(`${number}. `.length).startsWith(title ?? '')).toBe(true);
    }
  });
});
