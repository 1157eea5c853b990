import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PAGES = globSync(['*.md', 'docs/**/*.md', 'backend/**/*.md', 'test/**/*.md'], { cwd: ROOT });

/** Folders and files of the repository that a page names in backticks, such as `edge/rank/handle-rank.ts`. */
const namedPaths = (text: string): string[] =>
  [...text.matchAll(/`((?:shared|edge|backend|test|docs|\.ci)\/[\w./{},*-]*)`/g)].map(
    ([, path]) => path,
  );

/** Targets of links that are neither elsewhere nor within the page. */
const links = (text: string): string[] =>
  [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)/g)].map(
    ([, target]) => target,
  );

test.each(PAGES)('every file that %s names exists', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const missing = [
    ...namedPaths(text).filter((path) => globSync(path, { cwd: ROOT }).length === 0),
    ...links(text).filter(
      (target) => !existsSync(join(ROOT, normalize(join(dirname(page), target)))),
    ),
  ];
  expect(missing).toEqual([]);
});

test('there are pages, and they name files', () => {
  const named = PAGES.flatMap((page) => namedPaths(readFileSync(join(ROOT, page), 'utf8')));
  expect(PAGES.length).toBeGreaterThan(10);
  expect(named.length).toBeGreaterThan(50);
});
