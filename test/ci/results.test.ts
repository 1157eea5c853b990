import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../../.ci/results.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'trimtab-results-'));
afterAll(() => rmSync(folder, { recursive: true }));

const said = (...args: readonly string[]): string[] =>
  execFileSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8' })
    .trim()
    .split('\n');

type Files = Record<string, Record<string, 'passed' | 'failed' | 'pending'> | string>;

/** Results of one run. @param files tests by file; a text is why the file could not be loaded. */
function resultsOf(run: string, root: string, files: Files): string {
  const testResults = Object.entries(files).map(([name, tests]) => ({
    name: `${root}/test/${name}`,
    message: typeof tests === 'string' ? tests : '',
    status:
      typeof tests === 'string' || Object.values(tests).includes('failed') ? 'failed' : 'passed',
    assertionResults:
      typeof tests === 'string'
        ? []
        : Object.entries(tests).map(([fullName, status]) => ({ fullName, status })),
  }));
  const path = join(folder, `${run}.json`);
  writeFileSync(path, JSON.stringify({ testResults }));
  return path;
}

const newcomer = resultsOf('newcomer', '/tmp/clone', {
  'a.test.ts': { adds: 'passed', subtracts: 'passed' },
  'b.test.ts': { 'by hand': 'passed', 'on real data (skipped: absent)': 'pending' },
  'c.test.ts': { shaky: 'failed', 'on a GPU (skipped: no GPU)': 'pending' },
});

test('files in which something was skipped are to run again', () => {
  expect(said('incomplete', newcomer)).toEqual(['test/b.test.ts', 'test/c.test.ts']);
});

test('a test counts once, as its last run found it, but a failure in any run stays one', () => {
  const complete = resultsOf('complete', '/home/somebody', {
    'b.test.ts': { 'by hand': 'passed', 'on real data': 'passed' },
    'c.test.ts': { shaky: 'passed', 'on a GPU (skipped: no GPU)': 'pending' },
  });
  expect(said('tally', newcomer, complete)).toEqual([
    'skipped: on a GPU (skipped: no GPU)',
    'failed: test/c.test.ts: shaky',
    '4 passed, 1 failed, 1 skipped',
  ]);
});

test('a file that cannot be loaded and a run that never began are failures', () => {
  const broken = resultsOf('broken', '/home/somebody', { 'd.test.ts': 'No test found in suite' });
  expect(said('tally', broken, join(folder, 'full.json'))).toEqual([
    'failed: test/d.test.ts: No test found in suite',
    'failed: full: ended before its first test',
    '0 passed, 2 failed, 0 skipped',
  ]);
});
