import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseEventId, parseUserId } from '../../../shared/domain/ids.ts';
import { runCli } from '../cli/support/cli.ts';
import { SECRET_KEY, startTestBackend, type TestBackend } from '../support/backend.ts';
import { send } from '../support/batches.ts';
import { happened, rankingOf } from '../log/support/log.ts';

const HOUR = 3_600_000;
const AT = Date.now() - 30 * HOUR;
const user = 'customer-17';

let backend: TestBackend;
let folder: string;
const searched = rankingOf('searched', AT, { userId: parseUserId(user) });
// The batch says of no key, so that its ids are keyed as it comes in.
const booked = rankingOf('booked', AT + HOUR);
const [item] = searched.itemIds;
beforeAll(async () => {
  backend = await startTestBackend();
  folder = mkdtempSync(join(tmpdir(), 'trimtab-orders-'));
  const booking = happened(booked, 'booking', {
    eventId: parseEventId('paged'),
    value: 100,
    properties: { orderId: 'B-1' },
  });
  await send(backend, { batchId: 'all', decisions: [searched, booked], events: [booking] });
});
afterAll(async () => {
  await backend.close();
  rmSync(folder, { recursive: true });
});

const post = (lines: unknown) => backend.call('POST', '/v1/orders', lines);
/** Answers are shared for a while, by what is asked for. */
let asked = 100;
const revenue = async () => {
  const { body } = await backend.call('GET', `/v1/business/items?days=7&limit=${asked++}`);
  const found = body.items as { itemId: string; bookings: number; revenue: number }[];
  return found
    .filter(({ itemId }) => itemId === item)
    .map(({ bookings, revenue: sum }) => [bookings, sum])[0];
};

test('a sale by phone is of what its customer was shown, and a refund replaces what the page said', async () => {
  expect(await revenue()).toEqual([1, 100]);
  const sale = {
    lineId: 'crm-1',
    orderId: 'P-1',
    kind: 'booking',
    value: 500,
    at: new Date(AT + 20 * HOUR).toISOString(),
    userId: user,
    itemId: item,
  };
  const refund = { lineId: 'crm-2', orderId: 'B-1', kind: 'refund', value: 60, at: AT + 25 * HOUR };
  const answers = await post([sale, refund, { ...sale, lineId: 'x', orderId: 'P-2', userId: 'b' }]);
  expect(answers).toMatchObject({
    status: 200,
    body: {
      lines: [
        { lineId: 'crm-1', is: 'stored', counts: true, rankingId: 'searched', by: 'user' },
        // Which ranking it is of is known by the page alone: a refund says of no booking where it came from.
        { lineId: 'crm-2', is: 'stored', counts: true, rankingId: 'booked', by: 'order' },
        { lineId: 'x', is: 'stored', counts: false, why: 'not_shown_to_user' },
      ],
    },
  });
  expect(await revenue()).toEqual([2, 560]);
  expect((await post([sale])).body.lines).toMatchObject([{ is: 'known', counts: true }]);
  expect((await post([{ ...sale, value: 1 }])).body.lines).toMatchObject([{ is: 'conflict' }]);
  expect(await revenue()).toEqual([2, 560]);
  const cancelled = { lineId: 'crm-3', orderId: 'P-1', kind: 'cancellation', at: AT + 26 * HOUR };
  expect((await post([cancelled])).body.lines).toMatchObject([{ counts: true }]);
  expect((await post([sale])).body.lines).toMatchObject([{ counts: false, why: 'newer_line' }]);
  expect(await revenue()).toEqual([1, 60]);
});

test('a table is imported by the command line, and again without effect', async () => {
  const file = join(folder, 'orders.csv');
  const at = new Date(AT + 20 * HOUR).toISOString();
  writeFileSync(
    file,
    `orderId,kind,value,at,rankingId,itemId\nP-9,booking,40.5,${at},searched,${item}\nP-10,booking,1,${at},nowhere,${item}\n`,
  );
  const cli = () =>
    runCli(['orders', 'import', file, '--backend', backend.url], { TRIMTAB_KEY: SECRET_KEY });
  const first = await cli();
  expect(first.stdout).toBe(
    '2 lines: 1 credited to a ranking, 0 already known, 0 refused\nline 3, order P-10: ranking_not_stored\n',
  );
  expect((await cli()).stdout).toContain('2 lines: 1 credited to a ranking, 2 already known');
  expect(await revenue()).toEqual([2, 100.5]);
});

test.each([' ', '0x10', '1,290', 'free'])(
  'a table with the value "%s" is refused',
  async (value) => {
    const file = join(folder, 'values.csv');
    writeFileSync(file, `orderId,kind,value,at\nP-11,booking,"${value}",${AT}\n`);
    const { exitCode, stderr } = await runCli(
      ['orders', 'import', file, '--backend', backend.url],
      { TRIMTAB_KEY: SECRET_KEY },
    );
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain(`line 2: value must be a number such as 249.50, but was "${value}"`);
  },
);

test.each([
  [[{ lineId: '1', orderId: 'o', kind: 'booking', at: AT }], 'value of 0 or more'],
  [[{ lineId: '1', orderId: 'o', kind: 'refund', value: -5, at: AT }], 'value of 0 or more'],
  [[{ lineId: '1', orderId: 'o', kind: 'cancellation', at: AT, userId: 'a' }], 'itemId'],
  [[{ lineId: '1', orderId: 'o', kind: 'sold', value: 1, at: AT }], 'kind'],
  [
    [{ lineId: '1', orderId: 'o', kind: 'cancellation', at: AT, userId: 'a@b.de', itemId: 'x' }],
    'e-mail',
  ],
  [[], '1'],
])('%j is refused', async (lines, says) => {
  const { status, body } = await post(lines);
  expect(status).toBe(400);
  expect(JSON.stringify(body)).toContain(says);
});
