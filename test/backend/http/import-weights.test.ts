import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore } from '../../../backend/store/open.ts';
import { evaluations } from '../../../backend/store/tables.ts';
import { fromBase64Url, toBase64Url } from '../../../shared/domain/base64url.ts';
import { scorerFromBytes, scorerToBytes } from '../../../shared/format/scorer-bytes.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { runCli } from '../cli/support/cli.ts';
import { eventually, SECRET_KEY, startTestBackend, type TestBackend } from '../support/backend.ts';

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend();
});
afterAll(() => backend.close());

const cli = (...args: string[]) =>
  runCli([...args, '--backend', backend.url], { TRIMTAB_KEY: SECRET_KEY });

test('an imported version is stored, judged by an evaluation, and goes through the same door', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'model.txt');
  expect(await cli('weights', 'export', 'v000000', '--out', file)).toMatchObject({ exitCode: 0 });
  // As somebody else's: trees over codes, and none of the lines of Trimtab.
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/^trimtab_.*\n/gm, ''));
  // Its leaves are points already.
  const { stdout, exitCode } = await cli(
    'weights',
    'import',
    file,
    '--name',
    'from outside',
    '--points-per-score',
    '1',
    '--json',
  );
  expect(exitCode).toBe(0);
  const { version, kind } = JSON.parse(stdout);
  expect(kind).toBe('forest');
  const { body } = await backend.call('GET', `/v1/weights/${version}`);
  expect(body).toMatchObject({
    name: 'from outside',
    parent: 'v000000',
    belowMinimums: null,
    lineage: { imported: { format: 'lightgbm', library: 'LightGBM' } },
  });
  expect(body.lineage.trainedUntil).toBeGreaterThan(Date.now() - 3_600_000);

  await eventually(async () => {
    const { body: status } = await backend.call('GET', '/v1/status');
    return status.weights?.version === 'v000000';
  });
  const start = () => backend.call('POST', '/v1/rollouts', { version });
  expect(await start()).toMatchObject({ status: 409, body: { code: 'no_gate' } });
  const gate = { verdict: 'keep champion', reason: 'it is worse' };
  const evaluated = async (heldFrom: number) => {
    const report = { gate, version, against: 'v000000', heldFrom };
    const row = { version, against: 'v000000', at: Date.now(), report };
    const store = await openStore(backend.config.database);
    await store.write([store.db.insert(evaluations).values(row)]);
    await store.close();
  };
  // Judged by rankings that it may have learned from, as `evaluate --from` allows.
  await evaluated(body.lineage.trainedUntil - 1);
  expect(await start()).toMatchObject({ status: 409, body: { code: 'no_gate' } });
  await evaluated(body.lineage.trainedUntil);
  const started = await start();
  expect(started).toMatchObject({ status: 201, body: { challenger: version, gate } });
});

test('bytes that are no scorer are refused', async () => {
  const source = { format: 'lightgbm' };
  const sent = (scorer: string) =>
    backend.call('POST', '/v1/weights/import', { scorer, source, name: 'x' });
  expect(await sent('AAAA')).toMatchObject({ status: 400, body: { code: 'invalid_weights' } });
  const { body } = await backend.call('GET', '/v1/weights/v000000/scorer');
  const changed = `${body.scorer.slice(0, 4000)}${body.scorer[4000] === 'A' ? 'B' : 'A'}${body.scorer.slice(4001)}`;
  expect(await sent(changed)).toMatchObject({ status: 400, body: { code: 'invalid_weights' } });
  expect(await sent(body.scorer)).toMatchObject({ status: 201 });
});

test('a name within the bytes is held to the same limits as one beside them', async () => {
  const { body } = await backend.call('GET', '/v1/weights/v000000/scorer');
  const own = scorerFromBytes(fromBase64Url(body.scorer));
  for (const name of ['', 'x'.repeat(81), 'two\nlines']) {
    const scorer = toBase64Url(scorerToBytes({ ...own, name }));
    const sent = (more: object) =>
      backend.call('POST', '/v1/weights/import', {
        scorer,
        source: { format: 'lightgbm' },
        ...more,
      });
    expect(await sent({})).toMatchObject({ status: 400, body: { code: 'invalid_weights' } });
    expect(await sent({ name: 'a name' })).toMatchObject({ status: 201 });
  }
});
