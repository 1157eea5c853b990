import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { settings } from '../../backend/config/settings.ts';
import type { Shape } from '../../backend/settings/expected.ts';
import { parseSettings } from '../../backend/settings/parse-settings.ts';
import { configurationText } from './support/configuration-text.ts';
import { settingComments } from './support/setting-comments.ts';

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const DOCS = root('docs/configuration.md');
const comments = settingComments(new URL('../../backend/config/settings.ts', import.meta.url));

/** Paths of every setting and group of settings. */
const pathsOf = ({ properties = {}, examples }: Shape, path = ''): string[] =>
  examples !== undefined
    ? []
    : Object.entries(properties).flatMap(([name, child]) => {
        const at = path === '' ? name : `${path}.${name}`;
        return [at, ...pathsOf(child as Shape, at)];
      });

test('every setting says what it is', () => {
  const paths = pathsOf(z.toJSONSchema(settings, { io: 'input', unrepresentable: 'any' }) as Shape);
  expect(paths.length).toBeGreaterThan(100);
  expect(paths.filter((path) => !comments.get(path))).toEqual([]);
  expect([...comments.keys()].toSorted()).toEqual(paths.toSorted());
  // Where a comment ends on a line of its own, its end is not part of it.
  expect([...comments].filter(([, comment]) => /[/*]$/.test(comment))).toEqual([]);
});

test('docs/configuration.md is of these settings', async () => {
  const { stdout, status } = spawnSync(
    process.execPath,
    [root('node_modules/oxfmt/bin/oxfmt'), '--stdin-filepath', DOCS],
    { input: configurationText(comments), encoding: 'utf8', cwd: root('.') },
  );
  expect(status).toBe(0);
  await expect(stdout).toMatchFileSnapshot(DOCS);
});

/** The settings that a shown file has: what people copy is run as it is. */
function settingsIn(shown: string): object {
  const body = shown
    .replace("import { defineConfig } from 'trimtab/config';\n", '')
    .replace('export default', 'return');
  // oxlint-disable-next-line typescript/no-implied-eval -- see above
  return new Function('defineConfig', body)((config: object) => config) as object;
}

test('the file that it shows is one that changes nothing', () => {
  const [, shown] = /```ts\n([\s\S]*?)```/.exec(configurationText(comments))!;
  const given = settingsIn(shown);
  expect(Object.keys(given)).toContain('rollout');
  expect(parseSettings(settings, given)).toEqual(parseSettings(settings, {}));
});

test.each(
  globSync('docs/*.md', { cwd: root('.') }).flatMap((page) =>
    [...readFileSync(root(page), 'utf8').matchAll(/```ts\n(.*?)```/gs)]
      .filter(([, shown]) => shown.includes('defineConfig('))
      .map(([, shown]) => [page, shown] as const),
  ),
)('a file of settings that %s shows is taken', (_, shown) => {
  expect(Object.keys(parseSettings(settings, settingsIn(shown)))).toContain('rollout');
});
