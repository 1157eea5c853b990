import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../../../backend/store/connect.ts';
import { keyOutcomes } from '../../../../backend/log/identity/key-outcomes.ts';
import { noteEpochs } from '../../../../backend/log/identity/epochs.ts';
import { ingest } from '../../../../backend/log/ingest/ingest.ts';
import { recordOutcomes } from '../../../../backend/log/ingest/outcomes.ts';
import { deleteUser } from '../../../../backend/log/retention/delete-user.ts';
import { identityKey } from '../../../../shared/domain/identity.ts';
import type { GivenId, SessionId, UserId } from '../../../../shared/domain/ids.ts';
import { DEFAULT_PLACEMENT } from '../../../../shared/domain/placement.ts';
import { DAY_MS } from '../../../../shared/domain/utc-day.ts';
import { startTestBackend, type TestBackend } from '../../support/backend.ts';
import { send } from '../../support/batches.ts';
import { decisionOf, eventOf } from '../../support/decisions.ts';
import { keyedSession, keyedUser } from '../../support/keyed.ts';
import { borrowStore } from '../../../support/borrow-store.ts';

const given = (id: string) => id as GivenId;
const [old, newer] = [identityKey('old'), identityKey('newer')];

describe('outcomes', () => {
  test('are keyed by the key under which somebody is known, else by the newest', async () => {
    const store = await borrowStore();
    const context = { placement: DEFAULT_PLACEMENT, consent: 'measure' as const };
    const decisions = [
      decisionOf('r-1', {
        sessionId: old.sessionId(given('s-1')),
        userId: old.userId(given('ana')),
        context,
      }),
    ];
    await ingest(store, { batchId: 'b', decisions, events: [] }, 1);
    const outcome = { outcomeId: 'o', metric: 'value', value: 1, at: 1 };
    const keys = await keyOutcomes(
      store.db,
      [
        { ...outcome, userId: given('ana') },
        { ...outcome, userId: given('ben') },
        { ...outcome, sessionId: given('s-1') },
      ],
      [newer, old],
    );
    expect(keys.map(({ userId, sessionId }) => userId ?? sessionId)).toEqual([
      old.userId(given('ana')),
      newer.userId(given('ben')),
      old.sessionId(given('s-1')),
    ]);
    await store.close();
  });

  test('of a session that was deleted before the key changed are not stored', async () => {
    const store = await borrowStore();
    const ana = old.userId(given('ana'));
    const visit = decisionOf('r-1', {
      sessionId: old.sessionId(given('s-1')),
      userId: ana,
      context: { placement: DEFAULT_PLACEMENT, consent: 'measure' },
    });
    await ingest(store, { batchId: 'b', decisions: [visit], events: [] }, 1);
    await deleteUser(store, ana, 'test', 2);
    const ofSession = (id: string) => ({
      outcomeId: `of-${id}`,
      sessionId: given(id),
      metric: 'value',
      value: 1,
      at: 3,
    });
    const outcomes = [ofSession('s-1'), ofSession('s-2')];
    expect(
      await recordOutcomes(store, await keyOutcomes(store.db, outcomes, [newer, old]), 3),
    ).toBe(1);
    const stored = await store.db.all(sql`select outcomeId from outcomes`);
    expect(stored).toEqual([{ outcomeId: 'of-s-2' }]);
    await store.close();
  });
});

describe('epochs of the key', () => {
  test('are noted, and a key that changes too soon or is forgotten is said', async () => {
    const store = await borrowStore();
    const at = Date.UTC(2026, 0, 1);
    expect(await noteEpochs(store, [old], 90, at)).toEqual([]);
    expect(await noteEpochs(store, [old], 90, at + DAY_MS)).toEqual([]);
    const [tooSoon, ...none] = await noteEpochs(store, [newer, old], 90, at + 30 * DAY_MS);
    expect(tooSoon).toContain('was changed on 2026-01-31 after 30 days, sooner than the 90 days');
    expect(none).toEqual([]);
    const problems = await noteEpochs(store, [newer], 90, at + 40 * DAY_MS);
    expect(problems[0]).toContain('is not among those given');
    // Nothing that was keyed by the old one is left by then.
    expect(await noteEpochs(store, [newer], 90, at + 121 * DAY_MS)).toEqual([]);
    const actions = await store.db.all<{ action: string }>(
      sql`select action from audit where action like '%key%' order by id`,
    );
    expect(actions.map(({ action }) => action)).toEqual([
      'begin to key ids',
      'change the identity key',
    ]);
    await store.close();
  });
});

describe('a backend', () => {
  let backend: TestBackend;
  beforeAll(async () => {
    backend = await startTestBackend();
  });
  afterAll(() => backend.close());

  const namesIn = async (rankingId: string) => {
    const client = connect(backend.config.database);
    const { rows } = await client.execute({
      sql: `select sessionId, userId, placement from decisions where rankingId = ?
        union all select sessionId, userId, placement from events where rankingId = ?`,
      args: [rankingId, rankingId],
    });
    client.close();
    return rows.map((row) => [row.sessionId, row.userId, row.placement]);
  };

  test('keys what an edge of before sends, and stores what a newer one sends as it is', async () => {
    const visitor = { sessionId: 's-9' as never, userId: 'ana' as never };
    const decisions = [decisionOf('from-before', visitor)];
    const events = [eventOf('e-1', 'from-before', visitor)];
    await send(backend, { batchId: 'from-before', decisions, events });
    const keyed = [keyedSession('s-9'), keyedUser('ana'), 'main'];
    expect(await namesIn('from-before')).toEqual([keyed, keyed]);
    const own = { sessionId: keyedSession('s-9'), userId: keyedUser('ana') };
    const placement = 'home' as typeof DEFAULT_PLACEMENT;
    await send(backend, {
      batchId: 'newer',
      decisions: [decisionOf('newer', { ...own, context: { placement, consent: 'measure' } })],
      events: [eventOf('e-1', 'newer', { ...own, placement })],
    });
    expect(await namesIn('newer')).toEqual([
      [...keyed.slice(0, 2), 'home'],
      [...keyed.slice(0, 2), 'home'],
    ]);
  });

  test('finds a user by the id that the site gives', async () => {
    const { body } = await backend.call('DELETE', '/v1/users/ana');
    expect(body).toEqual({ deleted: { decisions: 2, events: 2, outcomes: 0 } });
  });

  test('finds a user of any id by a body', async () => {
    const visitor = { sessionId: 's-8' as SessionId, userId: '..' as UserId };
    await send(backend, {
      batchId: 'dots',
      decisions: [decisionOf('dots', visitor)],
      events: [eventOf('e-1', 'dots', visitor)],
    });
    const { body } = await backend.call('POST', '/v1/users/delete', { id: '..' });
    expect(body).toEqual({ deleted: { decisions: 1, events: 1, outcomes: 0 } });
    const misspelt = await backend.call('POST', '/v1/users/delete', { userId: '..' });
    expect(misspelt).toMatchObject({ status: 400 });
  });

  test.each([
    [{ userId: 'ana@example.com' }, 'userId must not be an e-mail address'],
    [{ sessionId: '+49 170'.replace(' ', '') + '1234567' }, 'sessionId must not be a phone number'],
    [{ userId: 'ana', placement: 'A B' }, 'placement'],
  ])('refuses outcomes that name people: %j', async (ids, message) => {
    const answer = await backend.call('POST', '/v1/outcomes', [
      { outcomeId: 'o', metric: 'value', value: 1, at: 1_790_000_000_000, ...ids },
    ]);
    expect(answer.status).toBe(400);
    expect(answer.body.message).toContain(message);
  });
});
