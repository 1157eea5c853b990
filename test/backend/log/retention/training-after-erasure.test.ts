import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../../../backend/store/connect.ts';
import type { Decision } from '../../../../shared/domain/decision.ts';
import { parseSessionId, parseUserId } from '../../../../shared/domain/ids.ts';
import { DAY_MS } from '../../../../shared/domain/utc-day.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import type { CollectedEvent } from '../../../../shared/format/ingest-bytes.ts';
import { SEED } from '../../../shared/support/seed.ts';
import { runOver, startTestBackend, type TestBackend } from '../../support/backend.ts';
import { send } from '../../support/batches.ts';
import { randomVisit, slotsByDuration } from '../../support/visits.ts';
import { happened } from '../support/log.ts';

const SLOTS = 5;
const RANKINGS = 360;
const BATCHES = 6;
/** One ranking in seven is hers: two sessions, in one of which she was not logged in at first. */
const HERS = 7;
const ANA = 'customer-4711';

interface Rows {
  readonly decisions: Decision[];
  readonly events: CollectedEvent[];
}

/** A log of three days in which Ana's rankings lie between those of others; she likes the opposite of what they like. */
function logged(): { readonly isHers: boolean; readonly rows: Rows }[] {
  const random = seededRandom(SEED);
  return Array.from({ length: RANKINGS }, (_, n) => {
    const visit = randomVisit(n, SLOTS, random);
    const isHers = n % HERS === 3;
    const session = parseSessionId(`of-ana-${n % 2}`);
    const isLoggedIn = n > RANKINGS / 4 || n % 2 === 0;
    const decision: Decision = {
      ...visit,
      at: visit.at - (2 - Math.floor((3 * n) / RANKINGS)) * DAY_MS,
      ...(isHers && { sessionId: session, ...(isLoggedIn && { userId: parseUserId(ANA) }) }),
    };
    const liked = slotsByDuration(decision);
    const slot = liked[isHers ? SLOTS - 1 : random() < 0.8 ? 0 : 1];
    const events = [
      happened(decision, 'click', { slot, afterMs: 900 }),
      ...(random() < 0.2
        ? [happened(decision, 'booking', { slot, afterMs: 2000, value: 100 })]
        : []),
    ];
    return { isHers, rows: { decisions: [decision], events } };
  });
}

async function ingest(backend: TestBackend, all: readonly Rows[]): Promise<void> {
  const each = Math.ceil(all.length / BATCHES);
  for (let from = 0; from < all.length; from += each) {
    const some = all.slice(from, from + each);
    const { status } = await send(backend, {
      batchId: `batch-${from}`,
      decisions: some.flatMap(({ decisions }) => decisions),
      events: some.flatMap(({ events }) => events),
    });
    expect(status).toBe(200);
  }
}

/** Trains some from the rules, one after the other. @returns their versions. */
async function trained(
  backend: TestBackend,
  learners: readonly ('additive' | 'boosted')[],
): Promise<string[]> {
  const versions: string[] = [];
  for (const learner of learners) {
    const asked = { learner, parent: 'v000000', publish: false, force: true, name: 'the same' };
    const { status, body } = await backend.call('POST', '/v1/train', asked);
    expect([status, body]).toMatchObject([202, {}]);
    const run = await runOver(backend, body.runId);
    expect(run).toMatchObject({ status: 'done' });
    versions.push(run.version);
  }
  return versions;
}

/** Whole scorers as they are stored, with what they were learned from but for the moment. */
async function stored(backend: TestBackend, versions: readonly string[]) {
  const db = connect({ url: backend.config.database.url });
  try {
    const { rows } = await db.execute(
      'select version, bytes, lineage from weights order by version',
    );
    return rows
      .filter(({ version }) => versions.includes(version as string))
      .map(({ bytes, lineage }) => ({
        bytes: Buffer.from(bytes as ArrayBuffer).toString('base64'),
        counts: (JSON.parse(lineage as string) as { counts: unknown }).counts,
      }));
  } finally {
    db.close();
  }
}

let withHer: TestBackend;
let herRankings: number;
let without: TestBackend;
beforeAll(async () => {
  [withHer, without] = [await startTestBackend(), await startTestBackend()];
  const all = logged();
  herRankings = all.filter(({ isHers }) => isHers).length;
  await ingest(
    withHer,
    all.map(({ rows }) => rows),
  );
  await ingest(
    without,
    all.filter(({ isHers }) => !isHers).map(({ rows }) => rows),
  );
});
afterAll(() => Promise.all([withHer?.close(), without?.close()]));

describe(`a training after an erasure, of a log from seed ${SEED}`, () => {
  it('is bit for bit that of a log that never had the person', async () => {
    // Before the erasure, so that partitions are written with her in them.
    const one = ['additive'] as const;
    const [before, never] = [await trained(withHer, one), await trained(without, one)];
    const [hers, others] = [await stored(withHer, before), await stored(without, never)];
    expect(hers[0].bytes).not.toBe(others[0].bytes);
    expect(hers[0].counts).not.toEqual(others[0].counts);

    const { status, body } = await withHer.call('POST', '/v1/users/delete', { id: ANA });
    expect([status, body]).toMatchObject([200, { deleted: { decisions: herRankings } }]);
    // Versions bear their number, so both have made as many.
    const all = ['additive', 'boosted'] as const;
    const [after, again] = [await trained(withHer, all), await trained(without, all)];
    expect(after).toEqual(again);
    expect(await stored(withHer, after)).toEqual(await stored(without, again));
  });
});
