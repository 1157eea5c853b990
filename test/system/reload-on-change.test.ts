import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startChild, type Child } from '../../backend/start/child.ts';
import { reloadOnChange } from '../../backend/start/reload-on-change.ts';
import { until } from '../support/until.ts';

let folder: string;
let child: Child;
let lines: string[];
const script = () => join(folder, 'program.ts');
const program = (says: string) =>
  writeFileSync(script(), `console.log('says ${says}'); setInterval(() => {}, 1000);`);
const said = (line: string) => until(line, async () => lines.includes(line));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reload-'));
  lines = [];
  program('one');
  const onLine = (line: string) => void lines.push(line);
  child = reloadOnChange([folder], () => startChild('program', script(), [], {}, onLine), onLine);
});
afterEach(async () => {
  await child.stop(1000);
  rmSync(folder, { recursive: true });
});

test('starts again when a source file changes, and not for other files', async () => {
  await said('says one');
  writeFileSync(join(folder, 'notes.txt'), 'no source');
  program('two');
  await said('program.ts changed: starting again');
  await said('says two');
  expect(lines.some((line) => line.startsWith('notes.txt'))).toBe(false);
});

test('sees a file again and again that an editor replaces by another', async () => {
  await said('says one');
  for (const says of ['two', 'three', 'four']) {
    const draft = join(folder, 'draft');
    writeFileSync(draft, `console.log('says ${says}'); setInterval(() => {}, 1000);`);
    renameSync(draft, script());
    await said(`says ${says}`);
  }
});

test('what ends by itself waits for a change, and is started by it', async () => {
  await said('says one');
  writeFileSync(script(), 'process.exit(3);');
  await said('ended with exit code 3: waiting for a change');
  program('three');
  await said('says three');
});

test('is stopped for good, also right after a change', async () => {
  await said('says one');
  program('four');
  await child.stop(1000);
  await expect(child.ended).resolves.toBe('was stopped');
  expect(lines).not.toContain('says four');
});
