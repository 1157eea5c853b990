import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseSchema } from '../../shared/features/schema.ts';
import { launch, runCli } from '../backend/cli/support/cli.ts';
import { freePort } from '../support/free-port.ts';

const SHOES = fileURLToPath(new URL('../fixtures/catalogues/shoes.csv', import.meta.url));

/** Nothing here takes a tenth of it; a machine with two busy cores may. */
const WAIT_MS = 600_000;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-init-'));
  copyFileSync(SHOES, join(folder, 'shoes.csv'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

// The cases run in order: each takes the folder as the one before left it.

test('nothing but the two files is written without a start', async () => {
  const { exitCode, stderr } = await runCli(['init', 'shoes.csv', '--no-start'], {}, '', folder);
  expect([exitCode, existsSync(join(folder, '.trimtab'))], stderr).toEqual([0, false]);
  expect(stderr).toMatch(/sku +id +SH-1001/);
  expect(stderr).toContain('Never shown: in stock no');
  expect(stderr).toContain('"npx trimtab import shoes.csv"');
  expect(parseSchema(JSON.parse(readFileSync(join(folder, 'schema.json'), 'utf8'))).name).toBe(
    'shoes',
  );
  const { $schema } = JSON.parse(readFileSync(join(folder, 'schema.json'), 'utf8'));
  expect(existsSync(join(folder, $schema)), $schema).toBe(true);
});

test('a second time is refused, unless it is forced', async () => {
  const again = () => runCli(['init', 'shoes.csv', '--no-start'], {}, '', folder);
  const { exitCode, stderr } = await again();
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/has schema\.json and trimtab\.config\.ts already.*--force/);
});

test('the file can be checked and fitted as the configuration says that it is read', async () => {
  const { stdout, exitCode } = await runCli(
    ['schema', 'check', 'schema.json', '--items', 'shoes.csv'],
    {},
    '',
    folder,
  );
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining('schema.json is valid')]);
  expect(stdout).toMatch(/in-stock +yes: \d+, no: \d+/);
});

test(
  'from a file to a ranking of its items, and no trip of the demo among them',
  async () => {
    const ports = [await freePort(), await freePort()].map(String);
    const settings = { TRIMTAB_DIR: '' };
    const args = ['--edge-port', ports[0], '--backend-port', ports[1], '--no-stay'];
    const init = launch(
      ['init', 'shoes.csv', '--yes', '--force', '--json', ...args],
      settings,
      '',
      folder,
    );
    const answer = (await init.firstJson) as {
      imported: { upserted: number; new: number };
      ranked: { id: string; reasons: { feature: string }[] }[];
    };
    expect(answer.imported).toMatchObject({ upserted: 40, new: 40 });
    expect(answer.ranked.map(({ id }) => id.slice(0, 3))).toEqual(['SH-', 'SH-', 'SH-']);
    expect(answer.ranked[0].reasons.map(({ feature }) => feature)).toContain('budget');
    const { exitCode, stderr } = await init.ended;
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('Importing: 40 of 40 items');
    expect(existsSync(join(folder, '.trimtab', 'keys.json'))).toBe(true);
  },
  WAIT_MS,
);

test(
  'a catalogue with other items in it is left alone',
  async () => {
    writeFileSync(join(folder, 'other.csv'), 'id,price\na,1\nb,2\nc,3\n');
    const ports = [await freePort(), await freePort()].map(String);
    const args = ['--edge-port', ports[0], '--backend-port', ports[1], '--no-stay'];
    const init = launch(
      ['init', 'other.csv', '--yes', '--force', '--json', ...args],
      { TRIMTAB_DIR: '' },
      '',
      folder,
    );
    const { exitCode, stderr } = await init.ended;
    expect(exitCode).toBe(1);
    expect(stderr).toContain('the catalogue has 40 items that this file has not (SH-1001');
  },
  WAIT_MS,
);
