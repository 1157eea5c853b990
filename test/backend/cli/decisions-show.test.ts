import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseRankingId } from '../../../shared/domain/ids.ts';
import { toUnits } from '../../../shared/score/fixed-point.ts';
import { SECRET_KEY, startTestBackend, type TestBackend } from '../support/backend.ts';
import { send } from '../support/batches.ts';
import { decisionOf } from '../support/decisions.ts';
import { runCli } from './support/cli.ts';

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend();
  await send(backend, {
    batchId: 'shown',
    decisions: [
      decisionOf('plain'),
      decisionOf('sold', {
        request: JSON.stringify({ context: { market: 'U\u001bS' }, currency: 'USD' }),
      }),
      decisionOf('ruled', {
        boosts: [0, toUnits(6.5), toUnits(-2)],
        pinned: Uint8Array.of(1, 0, 0),
        isRestricted: true,
        page: { offset: 20, of: parseRankingId('plain') },
      }),
    ],
    events: [],
  });
});
afterAll(() => backend?.close());

const show = async (...args: string[]) =>
  (
    await runCli(['decisions', 'show', ...args], {
      TRIMTAB_BACKEND: backend.url,
      TRIMTAB_KEY: SECRET_KEY,
    })
  ).stdout;

test('of a past ranking it is told what was pinned, what was boosted and by how much, and that rules restricted it', async () => {
  const text = await show('ruled');
  expect(text).toMatch(
    /slate rules +caps, quotas or pins restricted what could stand in a slot; boosts moved 2 items of it\n/,
  );
  expect(text).toMatch(/page +after 20 items of the list that plain began\n/);
  const lineOf = (item: string) => text.split('\n').find((line) => line.includes(item));
  expect(lineOf('lisbon')).toMatch(/ pinned here/);
  expect(lineOf('lisbon')).not.toContain('boosted');
  expect(lineOf('porto')).toMatch(/boosted by \+6\.5, not in its points/);
  expect(lineOf('faro')).toMatch(/boosted by -2, not in its points/);
  expect(text.match(/pinned here/g)).toHaveLength(1);
  expect(JSON.parse(await show('ruled', '--json'))).toMatchObject({
    isRestricted: true,
    pageOffset: 20,
    firstPage: 'plain',
    items: [
      { pinned: true, boost: 0 },
      { pinned: false, boost: 6.5 },
      { pinned: false, boost: -2 },
    ],
  });
});

test('its market and the currency of its amounts are told, with nothing that a terminal obeys', async () => {
  const text = await show('sold');
  expect(text).toMatch(/market +"U\\u001bS", amounts asked for in "USD"\n/);
  expect(await show('plain')).toMatch(/market +–\n/);
});

test('a ranking without rules says so', async () => {
  const text = await show('plain');
  expect(text).toMatch(/slate rules +none that decided anything\n/);
  expect(text).toMatch(/page +the first\n/);
  expect(text).not.toMatch(/pinned|boosted/);
  expect(JSON.parse(await show('plain', '--json'))).toMatchObject({
    isRestricted: false,
    pageOffset: null,
  });
});
