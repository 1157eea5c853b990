import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportDay } from '../../../backend/log/export/export-day.ts';
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
const DAYS = 2;
const HOUR_AGO = Date.now() - 3_600_000;
/** A spreadsheet would take it for a formula. */
const FORMULA = '=HYPERLINK("http://evil.test","x")';

let backend: TestBackend;
let slots = 0;
let exported: Exported;
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
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-test-'));
  exported = await exportAll(folder).finally(() => rmSync(folder, { recursive: true }));
});
afterAll(() => backend?.close());

/** What the command wrote, once in each format; the tests that change what may be read ask the backend themselves. */
interface Exported {
  readonly csv: readonly Row[];
  readonly libsvm: readonly string[];
  readonly parquet: readonly Record<string, unknown>[];
  readonly days: readonly string[];
  readonly about: { readonly columns: readonly Row[] };
}
type Row = Record<string, string>;
const rowsOf = (text: string): Row[] => parse(text, { columns: true });

async function exportAll(folder: string): Promise<Exported> {
  const out = (format: string) => join(folder, format);
  const text = (...path: string[]) => readFileSync(join(folder, ...path), 'utf8');
  for (const format of ['csv', 'libsvm', 'parquet']) {
    const words = ['data', 'export', '--days', '28', '--format', format, '--out', out(format)];
    const { exitCode, stderr, stdout } = await runCli([...words, '--backend', backend.url], {
      TRIMTAB_KEY: SECRET_KEY,
    });
    expect(stderr + stdout).toContain('written to');
    expect(exitCode).toBe(0);
  }
  const days = readdirSync(out('parquet'))
    .filter((name) => name.startsWith('day='))
    .toSorted();
  const parquet: Record<string, unknown>[] = [];
  for (const day of days) {
    const file = new Uint8Array(readFileSync(join(out('parquet'), day, 'part-0.parquet'))).buffer;
    parquet.push(...(await parquetReadObjects({ file })));
  }
  return {
    csv: rowsOf(text('csv')),
    libsvm: text('libsvm').trimEnd().split('\n'),
    parquet,
    days,
    about: JSON.parse(text('parquet', '_columns.json')),
  };
}

test('a file that cannot be written is said in a sentence', async () => {
  const out = join(tmpdir(), 'no-such-folder', 'rows.csv');
  const words = ['data', 'export', '--format', 'csv', '--out', out, '--backend', backend.url];
  const { exitCode, stderr } = await runCli(words, { TRIMTAB_KEY: SECRET_KEY });
  expect(stderr).toContain('the export was cut short: ENOENT');
  expect(exitCode).toBe(1);
});

test('a folder with other days of an earlier export is left as it is', async () => {
  const out = temporaryFolder();
  mkdirSync(join(out, 'day=2020-01-01'));
  const words = ['data', 'export', '--out', out, '--backend', backend.url];
  const { exitCode, stderr } = await runCli(words, { TRIMTAB_KEY: SECRET_KEY });
  expect(stderr).toContain('has 1 day of an earlier export (day=2020-01-01)');
  expect(exitCode).toBe(1);
  expect(readdirSync(out)).toEqual(['day=2020-01-01']);
});

const SALT = 'a'.repeat(32);

/** As the command asks: the plan, then each of its days. */
async function askRows(): Promise<Row[]> {
  const { body: plan } = await backend.call('GET', '/v1/data/export?days=28');
  let [csv, rankings] = ['', 0];
  for (const { day } of plan.days) {
    const path = `/v1/data/export/${day}?format=csv&salt=${SALT}&firstGroup=${rankings}`;
    const { body, headers } = await backend.call('GET', path);
    csv += body;
    rankings += Number(headers.get('x-trimtab-rankings'));
  }
  return rowsOf(csv);
}

describe('what training reads, for others', () => {
  test('as CSV: every shown item with its codes, label and propensity', async () => {
    const rows = exported.csv;
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

  test('as libsvm and as Parquet: the same rows', () => {
    const { csv: rows, parquet: stored, about } = exported;
    const codes = (row: Row) =>
      smarttrip.features.map(({ name }) => Number(row[featureColumn(name)]));
    expect(exported.libsvm).toEqual(
      rows.map(
        (row) =>
          `${row.label} qid:${row.group} ${codes(row)
            .map((code, i) => `${i + 1}:${code}`)
            .join(' ')}`,
      ),
    );
    expect(exported.days.length).toBeGreaterThanOrEqual(DAYS);
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
    expect(Object.keys(stored[0]).toSorted()).toEqual(
      about.columns.map(({ name }: Row) => name).toSorted(),
    );
  });

  test('labels are by the reward that the plan said, whatever is in force when a day is read', async () => {
    const { body: plan } = await backend.call('GET', '/v1/data/export?days=28');
    const labels = async (reward: Readonly<Record<string, number>>) => {
      const query = `format=csv&salt=${SALT}&reward=${encodeURIComponent(JSON.stringify(reward))}`;
      const { body } = await backend.call(
        'GET',
        `/v1/data/export/${plan.days.at(-1).day}?${query}`,
      );
      return rowsOf(body).map(({ label }) => Number(label));
    };
    const usual = await labels(plan.reward);
    expect(usual.some((label) => label > 0)).toBe(true);
    const doubled = Object.entries<number>(plan.reward).map(([metric, weight]) => [
      metric,
      2 * weight,
    ]);
    const twice = await labels(Object.fromEntries(doubled));
    usual.forEach((label, i) => expect(twice[i]).toBeCloseTo(2 * label, 9));
    for (const bad of ['[1]', '{"click":"x"}', '{'])
      expect(
        (
          await backend.call(
            'GET',
            `/v1/data/export/2026-01-01?format=csv&salt=${SALT}&reward=${encodeURIComponent(bad)}`,
          )
        ).status,
      ).toBe(400);
  });

  test('days are read by a few at once, and others are told to come back', async () => {
    const { body: plan } = await backend.call('GET', '/v1/data/export?days=28');
    const job = {
      location: { kind: 'folder', path: temporaryFolder() },
      manifest: { parts: [] },
      format: 'csv',
      features: [],
      reward: plan.reward,
      firstGroup: 0,
      isFirst: true,
      salt: SALT,
    } as const;
    // They count before anybody reads them.
    const days = Array.from({ length: 4 }, () => exportDay(job));
    expect(() => exportDay(job)).toThrow('4 days are exported already: try again later');
    for (const one of days.slice(1)) await one.cancel();
    const text = await new Response(days[0]).text();
    expect(text).not.toBe('');
    const again = Array.from({ length: 4 }, () => exportDay(job));
    for (const one of again) expect(await new Response(one).text()).toBe(text);
  });

  test('two exports call a visitor by different names', () => {
    const visitorsOf = (rows: readonly Readonly<Record<string, unknown>>[]) =>
      new Set(rows.map(({ visitor }) => visitor).filter(Boolean));
    const [one, two] = [visitorsOf(exported.csv), visitorsOf(exported.parquet)];
    expect(one.size).toBeGreaterThanOrEqual(RANKINGS / 2 + 2);
    expect(two.size).toBe(one.size);
    expect(one.isDisjointFrom(two)).toBe(true);
  });

  test('whoever was left out by hand, or erased, is in none of it', async () => {
    const before = exported.csv;
    const { body: sessions } = await backend.call('GET', '/v1/data/sessions');
    const subject = JSON.stringify(sessions).match(/"sessionId":"([^"]+)"/)?.[1];
    const { status } = await backend.call('POST', '/v1/data/exclusions', {
      kind: 'session',
      subject,
      reason: 'a tester',
    });
    expect(status).toBe(201);
    const { body: plan } = await backend.call('GET', '/v1/data/export?days=28');
    const without = plan.days.reduce((sum: number, { rows }: { rows: number }) => sum + rows, 0);
    expect(without).toBe(before.length - slots);
    const erased = await backend.call('POST', '/v1/users/delete', { id: 'user-2' });
    expect(erased.status).toBe(200);
    const after = await askRows();
    const gone = Array.from({ length: RANKINGS }, (_, i) => i).filter(
      (i) => i % 2 === 0 && i % 4 === 2,
    );
    expect(after.length).toBeGreaterThanOrEqual(without - gone.length * slots);
    expect(after.length).toBeLessThanOrEqual(without - (gone.length - 1) * slots);
  });

  test('it is for operators, and each day is in the audit log', async () => {
    const asked = (day: string, salt = SALT) =>
      backend.call('GET', `/v1/data/export/${day}?format=csv&salt=${salt}`);
    expect((await asked('2026-13-77')).status).toBe(400);
    expect((await asked('2020-01-01', 'x')).status).toBe(400);
    expect((await asked('2020-01-01')).status).toBe(404);
    expect((await fetch(`${backend.url}/v1/data/export`)).status).toBe(401);
    const { body } = await backend.call('GET', '/v1/audit');
    expect(JSON.stringify(body)).toContain('export training data');
  });
});
