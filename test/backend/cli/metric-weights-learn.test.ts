import { expect, test } from 'vitest';
import { fileOf } from '../runs/metric-weights/files/support/csv-file.ts';
import { gameTest } from '../runs/metric-weights/files/support/public-shapes.ts';
import { runCli } from './support/cli.ts';

const mapping = {
  kind: 'units',
  metrics: [{ column: 'sum_gamerounds', winsorShare: 0.99 }],
  target: { column: 'retention_7', parse: 'boolean' },
};
const learn = (file: string, ...more: string[]) => {
  const mapped = ['--mapping', fileOf(JSON.stringify(mapping), 'm.json')];
  return runCli(['metric-weights', 'learn', file, ...mapped, ...more], {});
};

test('learns from a file without a backend, as text and as JSON', async () => {
  const file = fileOf(gameTest(2000, 1));
  const [text, json] = [await learn(file), await learn(file, '--json')];
  expect(text.stderr).toBe('');
  expect(text.stdout).toContain('on 2,000 held-out units');
  const { learned } = JSON.parse(json.stdout);
  expect(learned).toMatchObject({ method: 'surrogate', units: 2000, target: 'retention_7' });
});

test('what it cannot read is one line on stderr, and an exit code', async () => {
  const file = fileOf(gameTest(5, 1).replace(/(True|False)\r\n/, 'maybe\r\n'));
  const { exitCode, stderr } = await learn(file);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(
    /^trimtab: (line 2, column retention_7: "maybe" is neither true nor false: write true, yes or 1, or false, no or 0)\n$/,
  );
  expect((await runCli(['metric-weights', 'learn', file, '--method', 'guess'], {})).exitCode).toBe(
    2,
  );
});
