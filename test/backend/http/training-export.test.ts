import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { featureColumn } from '../../../backend/log/export/training-rows.ts';
import { NO_FILTERS } from '../../../backend/log/account/filters.ts';
import { DEFAULT_TRAINING_DATA } from '../../../backend/log/settings.ts';
import { parseItemId, parseSessionId, parseUserId } from '../../../shared/domain/ids.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { runCli } from '../cli/support/cli.ts';
import { happened, rankingOf } from '../log/support/log.ts';
import { SECRET_KEY, startTestBackend, type TestBackend } from '../support/backend.ts';
import { send } from '../support/batches.ts';
import { timeGoesOn } from '../support/time-goes-on.ts';

const DAY = 86_400_000;
const RANKINGS = 40;
const DAYS = 3;
const HOUR_AGO = Date.now() - 3_600_000;
/** A spreadsheet would take it for a formula. */
const FORMULA = '=HYPERLINK("http://evil.test","x")';

let backend: TestBackend;
let slots = 0;
beforeAll(async () => {
  backend = await startTestBackend({
    trainingData: { ...DEFAULT_TRAINING_DATA, filters: NO_FILTERS, pruneSchedule: '' },
  });
  const rankings = Array.from({ length: RANKINGS }, (_, i) => {
    const at = HOUR_AGO - (i % DAYS) * DAY + i;
    const own = rankingOf(`r${i}`, at, {
      sessionId: parseSessionId(`s${i}`),
      ...(i % 2 === 0 && { userId: parseUserId(`user-${i % 4}`) }),
    });
    slots = own.itemIds.length;
    return {
      ...own,
      itemIds: [parseItemId(FORMULA.replaceAll(/[",]/g, '')), ...own.itemIds.slice(1)],
    };
  });
  const clicks = rankings.map((ranking) => happened(ranking, 'click'));
  await send(backend, {
    batchId: 'a',
    decisions: [...rankings, ...timeGoesOn(HOUR_AGO)],
    events: clicks,
  });
});
afterAll(() => backend.close());

const cli = (...args: string[]) =>
  runCli([...args, '--backend', backend.url], { TRIMTAB_KEY: SECRET_KEY });

type Row = Record<string, string>;
const read = (file: string): Row[] => parse(readFileSync(file), { columns: true });

async function exported(format: string, ...more: string[]) {
  const out = join(temporaryFolder(), format);
  const { exitCode, stderr, stdout } = await cli(
    'data',
    'export',
    '--days',
    '28',
    '--format',
    format,
    '--out',
    out,
    ...more,
  );
  expect(stderr + stdout).toContain('written to');
  expect(exitCode).toBe(0);
  return out;
}

describe('what training reads, for others', () => {
  test('as CSV: every shown item with its codes, label and propensity', async () => {
    const rows = read(await exported('csv'));
    expect(rows.length).toBeGreaterThanOrEqual(RANKINGS * slots);
    const groups = Map.groupBy(rows, ({ group }) => group);
    expect(groups.size * slots).toBe(rows.length);
    const clicked = [...groups.values()].filter((own) => own.some(({ click }) => click !== '0'));
    expect(clicked).toHaveLength(RANKINGS);
    for (const own of groups.values())
      expect(own.map(({ position }) => Number(position))).toEqual(own.map((_, i) => i + 1));
    for (const { name } of smarttrip.features)
      expect(Object.keys(rows[0])).toContain(featureColumn(name));
    expect(rows.filter(({ click, label }) => click !== '0' && Number(label) > 0)).toHaveLength(
      RANKINGS,
    );
    expect(rows.every(({ propensity }) => Number(propensity) > 0)).toBe(true);
    // No cell begins as a formula does, and no id of a person leaves.
    for (const row of rows)
      for (const cell of Object.values(row)) {
        expect(cell).not.toMatch(/^[=+@\t\r]|^-\D/);
        expect(cell).not.toMatch(/^(s\d+|user-\d+|[us]_)/);
      }
    expect(rows.some(({ item }) => item.startsWith("'=HYPERLINK"))).toBe(true);
    // 20 sessions without a user, and 2 users; and those by whom time goes on.
    const visitors = new Set(clicked.map(([{ visitor }]) => visitor));
    expect(visitors.size).toBe(RANKINGS / 2 + 2);
  });

  test('as libsvm and as Parquet: the same rows', async () => {
    const rows = read(await exported('csv'));
    const codes = (row: Row) =>
      smarttrip.features.map(({ name }) => Number(row[featureColumn(name)]));
    const lines = readFileSync(await exported('libsvm'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(lines).toEqual(
      rows.map(
        (row) =>
          `${row.label} qid:${row.group} ${codes(row)
            .map((code, i) => `${i + 1}:${code}`)
            .join(' ')}`,
      ),
    );
    const folder = await exported('parquet');
    const days = readdirSync(folder)
      .filter((name) => name.startsWith('day='))
      .toSorted();
    expect(days.length).toBeGreaterThanOrEqual(DAYS);
    const stored: Record<string, unknown>[] = [];
    for (const day of days) {
      const file = new Uint8Array(readFileSync(join(folder, day, 'part-0.parquet'))).buffer;
      stored.push(...(await parquetReadObjects({ file })));
    }
    expect(
      stored.map((row) => [row.position, row.label, row.propensity, ...codes(row as Row)]),
    ).toEqual(
      rows.map((row) => [
        Number(row.position),
        Number(row.label),
        Number(row.propensity),
        ...codes(row),
      ]),
    );
    // Cells of Parquet are no formulas: the text is what it was.
    expect(stored.some(({ item }) => (item as string).startsWith('=HYPERLINK'))).toBe(true);
    const about = JSON.parse(readFileSync(join(folder, '_columns.json'), 'utf8'));
    expect(Object.keys(stored[0]).toSorted()).toEqual(
      about.columns.map(({ name }: Row) => name).toSorted(),
    );
  });

  test('two exports call a visitor by different names', async () => {
    const [one, two] = [read(await exported('csv')), read(await exported('csv'))];
    const names = new Set(one.map(({ visitor }) => visitor));
    expect(names.isDisjointFrom(new Set(two.map(({ visitor }) => visitor).filter(Boolean)))).toBe(
      true,
    );
  });

  test('whoever was left out by hand, or erased, is in none of it', async () => {
    const before = read(await exported('csv'));
    const { body: sessions } = await backend.call('GET', '/v1/data/sessions');
    const subject = JSON.stringify(sessions).match(/"sessionId":"([^"]+)"/)?.[1];
    const { status } = await backend.call('POST', '/v1/data/exclusions', {
      kind: 'session',
      subject,
      reason: 'a tester',
    });
    expect(status).toBe(201);
    const without = read(await exported('csv'));
    expect(without.length).toBe(before.length - slots);
    expect((await cli('users', 'delete', 'user-2')).exitCode).toBe(0);
    const after = read(await exported('csv'));
    const gone = Array.from({ length: RANKINGS }, (_, i) => i).filter(
      (i) => i % 2 === 0 && i % 4 === 2,
    );
    expect(after.length).toBeGreaterThanOrEqual(without.length - gone.length * slots);
    expect(after.length).toBeLessThanOrEqual(without.length - (gone.length - 1) * slots);
  });

  test('it is for operators, and each day is in the audit log', async () => {
    expect((await backend.call('GET', '/v1/data/export/2026-13-77?format=csv&salt=x')).status).toBe(
      400,
    );
    expect((await fetch(`${backend.url}/v1/data/export`)).status).toBe(401);
    const { stdout } = await cli('audit', '--json');
    expect(stdout).toContain('export training data');
  });
});
