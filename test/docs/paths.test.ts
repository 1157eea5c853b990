import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PAGES = globSync(
  ['*.md', 'docs/**/*.md', 'edge/**/*.md', 'backend/**/*.md', 'test/**/*.md', '.changeset/*.md'],
  { cwd: ROOT, exclude: (path) => path.includes('node_modules') },
);

/** Folders and files of the repository that a page names in backticks, such as `edge/rank/handle-rank.ts`. */
const namedPaths = (text: string): string[] =>
  [...text.matchAll(/`((?:shared|edge|backend|deploy|test|docs|\.ci)\/[\w./{},*-]*)`/g)].map(
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

/** Links to a heading, of the page itself or of another one. */
const anchors = (text: string): (readonly [string, string])[] =>
  [...text.matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)#([^)\s]+)\)/g)].map(([, target, anchor]) => [
    target,
    anchor,
  ]);

/** Of each heading, as GitHub names it: lower case, without punctuation, hyphens for spaces. */
const headingsOf = (text: string): string[] =>
  [...text.replaceAll(/^```.*?^```/gms, '').matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );

test.each(PAGES)('every heading that %s links to exists', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const missing = anchors(text).filter(([target, anchor]) => {
    const linked = target === '' ? page : normalize(join(dirname(page), target));
    return !headingsOf(readFileSync(join(ROOT, linked), 'utf8')).includes(anchor);
  });
  expect(missing).toEqual([]);
});

test.each(PAGES)('%s shows pictures that exist', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const shown = [...text.matchAll(/(?:src|srcset)="(?!https?:|\/)([^"]+\.(?:png|svg|jpg|gif))"/g)];
  const missing = shown.filter(([, path]) => !existsSync(join(ROOT, dirname(page), path)));
  expect(missing).toEqual([]);
});

test('headings are named as GitHub names them', () => {
  expect(
    headingsOf('# Gate, publish\n## Why is `A` not shown?\n```sh\n# no heading\n```\n'),
  ).toEqual(['gate-publish', 'why-is-a-not-shown']);
});

test('there are pages, and they name files', () => {
  const named = PAGES.flatMap((page) => namedPaths(readFileSync(join(ROOT, page), 'utf8')));
  expect(PAGES.length).toBeGreaterThan(10);
  expect(named.length).toBeGreaterThan(50);
});
