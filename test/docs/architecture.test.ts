import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PAGE = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');

interface Arrow {
  readonly from: string;
  readonly to: string;
}

/** `a → b, c` and `a → b → c`, up to a hop (`⇒`) that is no import. */
const ARROWS: readonly Arrow[] = [...PAGE.matchAll(/```text\n(.*?)```/gs)].flatMap(([, block]) =>
  block.split('\n').flatMap((line) =>
    line.split('⇒').flatMap((part) => {
      const steps = part.split('→').map((step) => step.match(/[\w./-]+\.ts/g) ?? []);
      return steps
        .slice(1)
        .flatMap((targets, i) => targets.map((to): Arrow => ({ from: steps[i][0], to })));
    }),
  ),
);

/** Files that a file imports, types included. */
const importsOf = (file: string): string[] =>
  [...readFileSync(join(ROOT, file), 'utf8').matchAll(/from '(\.[^']+)'/g)].map(([, path]) =>
    join(dirname(file), path),
  );

test.each(ARROWS)('$from imports $to', ({ from, to }) => {
  expect(importsOf(from)).toContain(to);
});

test('there are arrows, and every file of the paths exists', () => {
  expect(ARROWS.length).toBeGreaterThan(40);
  const named = [...PAGE.matchAll(/```text\n(.*?)```/gs)].flatMap(
    ([, block]) => block.match(/[\w./-]+\.ts/g) ?? [],
  );
  expect(named.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});

test('the table of folders is in the order that the check holds', async () => {
  const { default: config } = (await import(
    new URL('../../.dependency-cruiser.mjs', import.meta.url).href
  )) as { default: { forbidden: { name: string; from: { path: string } }[] } };
  const held = config.forbidden.flatMap(({ name }) =>
    name.endsWith(' is below') ? name.replace(/ is below$/, '') : [],
  );
  const listed = [...PAGE.matchAll(/^\| (`backend\/[^|]*)\|/gm)].flatMap(([, cell]) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) =>
      name.startsWith('backend/') ? name : `backend/${name}`,
    ),
  );
  expect(listed.filter((folder) => held.includes(folder))).toEqual(held);
});
