import { readFileSync } from 'node:fs';
import { createClient, type Client } from '@libsql/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  parseItemId,
  parseSessionId,
  parseUserId,
  parseVersion,
} from '../../../../shared/domain/ids.ts';
import {
  ingestBatchToBytes,
  sealIngestBatch,
  type IngestBatch,
} from '../../../../shared/format/ingest-bytes.ts';
import { startTestBackend, type TestBackend } from '../../support/backend.ts';
import { batchOf, send, signed } from '../../support/batches.ts';
import { decisionOf, eventOf } from '../../support/decisions.ts';
import { overHttp, throughBucket, type WayIn } from '../../support/ways-in.ts';
import { keyedSession, keyedUser } from '../../support/keyed.ts';

let backend: TestBackend;
let reader: Client;

const count = async (sql: string, ...args: string[]) =>
  Number((await reader.execute({ sql, args })).rows[0][0]);

describe.each([
  { name: 'over HTTP', enter: overHttp },
  { name: 'through a bucket', enter: throughBucket },
])('$name', ({ enter }) => {
  let way: WayIn;
  beforeAll(async () => {
    way = await enter();
    backend = await startTestBackend(way.config);
    reader = createClient(backend.config.database);
  });
  afterAll(async () => {
    reader.close();
    await backend.close();
    await way.close();
  });

  test('a batch is committed and counted', async () => {
    const { status, body } = await way.send(backend, batchOf('first', 700));
    expect(status).toBe(200);
    expect(body).toEqual({ batchId: 'first', decisions: 700, events: 700, duplicate: false });
    expect(await count(`select count(*) from decisions where rankingId like 'first-%'`)).toBe(700);
    expect(await count(`select count(*) from events where eventId like 'click-first-%'`)).toBe(700);
  });

  test('a batch that is sent again changes nothing and is acknowledged', async () => {
    await way.send(backend, batchOf('again', 5));
    const { status, body } = await way.send(backend, batchOf('again', 5));
    expect(status).toBe(200);
    expect(body).toEqual({ batchId: 'again', decisions: 0, events: 0, duplicate: true });
    expect(await count(`select count(*) from events where eventId like 'click-again-%'`)).toBe(5);
  });

  test('an event that comes again in another batch is stored once', async () => {
    await way.send(backend, { batchId: 'one', decisions: [], events: [eventOf('shared', 'r1')] });
    const { body } = await way.send(backend, {
      batchId: 'two',
      decisions: [],
      events: [eventOf('shared', 'r1', { position: 2 }), eventOf('own', 'r1')],
    });
    expect(body).toEqual({ batchId: 'two', decisions: 0, events: 1, duplicate: false });
    expect(await count(`select position from events where eventId = 'shared'`)).toBe(1);
  });

  test('a decision is stored as it was made, to the last bit', async () => {
    const decision = decisionOf('exact', {
      propensities: [0.1 + 0.2, 1 / 3, 5e-324],
      units: [2 ** 27 - 1, -(2 ** 27), 0],
    });
    await way.send(backend, { batchId: 'exact', decisions: [decision], events: [] });
    const { rows } = await reader.execute(`select * from decisions where rankingId = 'exact'`);
    const row = rows[0];
    expect([...new Float64Array(row.propensities as ArrayBuffer)]).toEqual(decision.propensities);
    expect([...new Int32Array(row.units as ArrayBuffer)]).toEqual(decision.units);
    expect(new Uint8Array(row.codes as ArrayBuffer)).toEqual(decision.codes);
    expect(JSON.parse(row.itemIds as string)).toEqual(decision.itemIds);
    expect(row).toMatchObject({
      seed: 4_000_000_000,
      temperature: 3,
      userId: null,
      degraded: 0,
      limit: 3,
    });
  });

  const ownSession = parseSessionId('session-of-one');

  test('what was logged of a deleted user goes, and what is still on its way is dropped', async () => {
    const inOwnSession = (batch: IngestBatch): IngestBatch => ({
      ...batch,
      decisions: batch.decisions.map((one) => ({ ...one, sessionId: ownSession })),
      events: batch.events.map((one) => ({ ...one, sessionId: ownSession })),
    });
    await way.send(backend, inOwnSession(batchOf('before', 3, 'user-gone')));
    await backend.call('POST', '/v1/outcomes', [
      {
        outcomeId: 'o1',
        userId: 'user-gone',
        metric: 'revenue',
        value: 10,
        at: Date.UTC(2026, 10, 1),
      },
    ]);
    const { body } = await backend.call('DELETE', '/v1/users/user-gone');
    expect(body).toEqual({ deleted: { decisions: 3, events: 3, outcomes: 1 } });
    const late = inOwnSession(batchOf('late', 2, 'user-gone'));
    const other = decisionOf('late-other', { userId: parseUserId('user-stays') });
    const answer = await way.send(backend, { ...late, decisions: [...late.decisions, other] });
    expect(answer.body).toEqual({ batchId: 'late', decisions: 1, events: 0, duplicate: false });
    const outcomes = await backend.call('POST', '/v1/outcomes', [
      {
        outcomeId: 'o2',
        userId: 'user-gone',
        metric: 'revenue',
        value: 10,
        at: Date.UTC(2026, 10, 1),
      },
      {
        outcomeId: 'o3',
        sessionId: 'session-1',
        metric: 'revenue',
        value: 10,
        at: Date.UTC(2026, 10, 1),
      },
    ]);
    expect(outcomes.body).toEqual({ accepted: 1, duplicates: 1 });
    for (const id of ['user-gone', keyedUser('user-gone')])
      expect(await count(`select count(*) from events where userId = ?`, id)).toBe(0);
  });

  test('what experiments add to a decision is stored with it, and its exposures once', async () => {
    const exposed = {
      arm: 'exp_1:treatment exp_7:b',
      userId: parseUserId('user-exposed'),
      shadow: { version: parseVersion('v000042'), itemIds: [parseItemId('porto')] },
      teams: Uint8Array.of(1, 0, 1),
      pointerRevision: 258,
    };
    const made = [
      decisionOf('exposed', exposed),
      decisionOf('plain'),
      decisionOf('old', { arm: 'challenger' }),
    ];
    const clicks = [
      eventOf('exposed-click', 'exposed', { pointerRevision: 258 }),
      eventOf('plain-click', 'plain'),
    ];
    const answer = await way.send(backend, {
      batchId: 'exposed-1',
      decisions: made,
      events: clicks,
    });
    expect(answer.body).toMatchObject({ decisions: 3, events: 2 });
    // The log appends a decision twice when it is not sure of the first time.
    const again = await way.send(backend, { batchId: 'exposed-2', decisions: made, events: [] });
    expect(again.body).toMatchObject({ decisions: 0, duplicate: false });
    const { rows } = await reader.execute(
      `select * from exposures where rankingId in ('exposed', 'plain', 'old') order by experiment`,
    );
    const about = {
      rankingId: 'exposed',
      at: made[0].at,
      sessionId: keyedSession('session-1'),
      pointerRevision: 258,
    };
    const userId = keyedUser('user-exposed');
    expect(rows.map((row) => ({ ...row }))).toEqual([
      { ...about, experiment: 'exp_1', arm: 'treatment', userId },
      { ...about, experiment: 'exp_7', arm: 'b', userId },
    ]);
    const stored = await reader.execute(
      `select shadow, teams, pointerRevision from decisions where rankingId in ('exposed', 'plain') order by rankingId`,
    );
    const [withAll, without] = stored.rows;
    expect(JSON.parse(withAll.shadow as string)).toEqual(exposed.shadow);
    expect(new Uint8Array(withAll.teams as ArrayBuffer)).toEqual(exposed.teams);
    expect(withAll.pointerRevision).toBe(258);
    expect(without).toMatchObject({ shadow: null, teams: null, pointerRevision: null });
    const { rows: events } = await reader.execute(
      `select pointerRevision from events where eventId like '%-click' order by eventId`,
    );
    expect(events.map((row) => row.pointerRevision)).toEqual([258, null]);
  });

  test('exposures of a deleted user go, and do not come again', async () => {
    const made = [
      decisionOf('gone-1', {
        arm: 'exp_1:b',
        sessionId: ownSession,
        userId: parseUserId('user-withdrawn'),
      }),
    ];
    await way.send(backend, { batchId: 'gone-1', decisions: made, events: [] });
    const exposed = () =>
      count(`select count(*) from exposures where userId = ?`, keyedUser('user-withdrawn'));
    expect(await exposed()).toBe(1);
    await backend.call('DELETE', '/v1/users/user-withdrawn');
    expect(await exposed()).toBe(0);
    await way.send(backend, { batchId: 'gone-2', decisions: made, events: [] });
    expect(await exposed()).toBe(0);
  });

  test('pointer activity is stored with its cell', async () => {
    const event = eventOf('moved', 'r1', {
      type: 'pointer_activity',
      itemId: undefined,
      value: 3,
      properties: { cell: '4,7' },
    });
    await way.send(backend, { batchId: 'moved', decisions: [], events: [event] });
    const { rows } = await reader.execute(`select * from events where eventId = 'moved'`);
    expect(rows[0]).toMatchObject({ type: 'pointer_activity', itemId: null, value: 3 });
    expect(JSON.parse(rows[0].properties as string)).toEqual({ cell: '4,7' });
  });

  test('events whose timestamps were corrected are counted', async () => {
    const counted = async () => {
      const { body } = await backend.call('GET', '/metrics');
      return Number(
        /^trimtab_ingest_corrected_clocks_total (\d+)$/m.exec(body as string)?.[1] ?? 0,
      );
    };
    const before = await counted();
    await way.send(backend, {
      batchId: 'clocks',
      decisions: [],
      events: [eventOf('c1', 'r1', { clockOffsetMs: 3_600_000 }), eventOf('c2', 'r1')],
    });
    expect(await counted()).toBe(before + 1);
  });
});

describe('over HTTP alone', () => {
  beforeAll(async () => {
    backend = await startTestBackend();
    reader = createClient(backend.config.database);
  });
  afterAll(async () => {
    reader.close();
    await backend.close();
  });

  test('the same batch sent many times at once is stored once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => send(backend, batchOf('rush', 20))),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    expect(answers.filter(({ body }) => !body.duplicate)).toHaveLength(1);
    expect(await count(`select count(*) from decisions where rankingId like 'rush-%'`)).toBe(20);
  });

  test('while something holds the database a batch is refused with Retry-After, and stored once it is free', async () => {
    const holder = createClient(backend.config.database);
    const held = await holder.transaction('write');
    // At a server it begins with its first statement.
    await held.execute('select 1');
    try {
      const { status, body, headers } = await send(backend, batchOf('held', 2));
      expect([status, body.code]).toEqual([503, 'busy']);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    } finally {
      held.close();
      holder.close();
    }
    expect((await send(backend, batchOf('held', 2))).status).toBe(200);
    expect(await count(`select count(*) from decisions where rankingId like 'held-%'`)).toBe(2);
    const metrics = await backend.call('GET', '/metrics');
    expect(metrics.body).toMatch(/^trimtab_ingest_busy_total 1$/m);
  });

  test('a batch of decisions from before experiments, byte for byte, is stored', async () => {
    const path = new URL('../../../golden/decisions-1.bin', import.meta.url);
    const decisions = new Uint8Array(readFileSync(path));
    const body = sealIngestBatch('from-before', [decisions], '[]');
    const headers = { ...signed(body), authorization: '' };
    const answer = await backend.call('POST', '/v1/ingest', body, headers);
    expect(answer.body).toMatchObject({ batchId: 'from-before', decisions: 2 });
  });

  const good = ingestBatchToBytes(batchOf('refused', 1));
  const damaged = good.slice();
  damaged[40] ^= 1;
  const noEvent = ingestBatchToBytes({ batchId: 'odd', decisions: [], events: [null as never] });

  test.each([
    [
      'without a signature',
      good,
      { 'content-type': 'application/octet-stream' },
      401,
      'invalid_signature',
    ],
    ['signed with another secret', good, signed(good, 'another'), 401, 'invalid_signature'],
    ['whose signature is of another body', good, signed(damaged), 401, 'invalid_signature'],
    [
      'signed an hour ago',
      good,
      signed(good, undefined, Date.now() - 3_600_000),
      401,
      'invalid_signature',
    ],
    ['that is damaged, though signed', damaged, signed(damaged), 400, 'invalid_format'],
    ['that is empty', new Uint8Array(), signed(new Uint8Array()), 400, 'invalid_format'],
    ['with an event that is none', noEvent, signed(noEvent), 400, 'invalid_format'],
    ['of 10 MB', new Uint8Array(10_000_000), {}, 413, 'too_large'],
  ])('a batch %s is refused and stores nothing', async (_, body, headers, status, code) => {
    const answer = await backend.call('POST', '/v1/ingest', body, {
      authorization: '',
      ...headers,
    });
    expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code });
    expect(await count(`select count(*) from batches where batchId in ('refused', 'odd')`)).toBe(0);
  });

  test('the metrics count rows, batches and redeliveries', async () => {
    const { body } = await backend.call('GET', '/metrics');
    expect(body).toMatch(/^trimtab_ingest_rows_total\{table="decisions"\} [1-9]/m);
    expect(body).toMatch(/^trimtab_ingest_duplicate_batches_total [1-9]/m);
    expect(body).toMatch(/^trimtab_ingest_refused_total [1-9]/m);
    expect(body).toMatch(/^trimtab_ingest_lag_ms \d/m);
  });
});
