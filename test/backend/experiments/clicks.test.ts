import { afterAll, beforeAll, expect, test } from 'vitest';
import { versionOf } from '../../../shared/domain/ids.ts';
import { startTestBackend, type TestBackend } from '../support/backend.ts';
import { send } from '../support/batches.ts';
import { decisionOf, eventOf } from '../support/decisions.ts';

const DAY_MS = 86_400_000;
const [rules, other] = [versionOf(0), versionOf(1)];

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend();
  await backend.call('POST', '/v1/weights', { name: 'other', points: {} });
});
afterAll(() => backend.close());

/** `clicked` of `rankings` had a click, the first one two. */
async function serve(
  name: string,
  weights: typeof rules,
  at: number,
  rankings: number,
  clicked: number,
): Promise<void> {
  const ids = Array.from({ length: rankings }, (_, i) => `${name}-${i}`);
  const soon = { timestamp: at + 1000, receivedAt: at + 1000 };
  const events = ids
    .slice(0, clicked)
    .map((id) => eventOf(`click-${id}`, id, { weights, ...soon }));
  await send(backend, {
    batchId: name,
    decisions: ids.map((id) => decisionOf(id, { at, weights })),
    events: [
      ...events,
      eventOf(`again-${name}`, `${name}-0`, { weights, ...soon }),
      eventOf(`save-${name}`, `${name}-${rankings - 1}`, { weights, ...soon, type: 'save' }),
    ],
  });
}

test('click-through counts each ranking once, per version and day', async () => {
  const monday = Date.UTC(2026, 0, 5, 23, 59);
  await serve('monday', rules, monday, 10, 4);
  await serve('tuesday', rules, monday + 120_000, 10, 1);
  await serve('else', other, monday, 5, 5);
  await serve('later', rules, monday + 2 * DAY_MS, 10, 10);
  const { body } = await backend.call('GET', `/v1/clicks?from=${monday}&to=${monday + DAY_MS}`);
  expect(
    body.days.map(({ day, version, rankings, clicked }: Record<string, unknown>) => [
      day,
      version,
      rankings,
      clicked,
    ]),
  ).toEqual([
    ['2026-01-05', rules, 10, 4],
    ['2026-01-06', rules, 10, 1],
    ['2026-01-05', other, 5, 5],
  ]);
  const [first] = body.versions;
  expect(first).toMatchObject({ version: rules, rankings: 20, clicked: 5, rate: 0.25 });
  expect(first.low).toBeCloseTo(0.1119, 4);
  expect(first.high).toBeCloseTo(0.4687, 4);
});
