import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../cli/support/cli.ts';
import { INVENTORY } from '../../../backend/reports/privacy/inventory.ts';
import { privacyNotice } from '../../../backend/reports/privacy/notice.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { parsePrivacy } from '../../../backend/log/retention/settings.ts';
import { borrowStore } from '../../support/borrow-store.ts';
import { SECRET_KEY, startTestBackend, type TestBackend } from '../support/backend.ts';
import { batchOf, send } from '../support/batches.ts';

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend({
    privacy: parsePrivacy({ auditDays: 730, controller: { name: 'Example | Travel' } }),
  });
});
afterAll(() => backend.close());

test('the record of processing has every table of the database, once', async () => {
  const store = await borrowStore();
  try {
    const rows = await store.db.all<{ name: string }>(sql`
      select name from sqlite_master where type = 'table'
        and name not like 'sqlite%' and name not like '\\_\\_%' escape '\\'`);
    const told = INVENTORY.flatMap(({ tables }) => tables);
    expect(told.toSorted()).toEqual(rows.map(({ name }) => name).toSorted());
  } finally {
    await store.close();
  }
});

test('it says what is stored now, and for how long by the settings in force', async () => {
  await send(backend, batchOf('for-the-record', 3));
  const { body } = await backend.call('GET', '/v1/privacy/report');
  const of = (table: string) =>
    body.processing.find(({ tables }: { tables: string[] }) => tables.includes(table));
  const { retentionDays } = backend.config.trainingData;
  expect(of('decisions')).toMatchObject({ rows: 3, keptDays: retentionDays, names: 'visitors' });
  expect(of('audit')).toMatchObject({ keptDays: 730, names: 'operators' });
  expect(of('reports').keptDays).toBeNull();
  const { stdout } = await runCli(['privacy', 'report', '--backend', backend.url], {
    TRIMTAB_KEY: SECRET_KEY,
  });
  expect(stdout).toContain('Example \\| Travel');
  expect(stdout).toContain('| 730 days |');
});

test('the notice tells what the schema reads, in two languages, and leaves what it cannot know in brackets', async () => {
  const inputs = {
    periods: { log: 120, units: 455 },
    controller: {},
    isEdgeLocal: false,
  };
  const none = { ...inputs, schema: { features: [] } };
  expect(privacyNotice(none, 'en')).not.toMatch(/circumstances|age group|looked at before/);
  expect(privacyNotice(none, 'en')).toContain('[set privacy.controller.name]');
  const trips = { ...inputs, schema: smarttrip };
  expect(privacyNotice(trips, 'en')).toMatch(
    /circumstances[\s\S]*looked at before[\s\S]*age group/,
  );
  for (const days of ['120 Tage', '455 Tage']) expect(privacyNotice(trips, 'de')).toContain(days);
  const { stdout } = await runCli(
    ['privacy', 'notice', '--language', 'de', '--backend', backend.url],
    { TRIMTAB_KEY: SECRET_KEY },
  );
  expect(stdout).toMatch(/^# Wie wir anordnen[\s\S]*Example \| Travel/);
});
