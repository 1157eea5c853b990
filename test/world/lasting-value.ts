import type { Decision } from '../../shared/domain/decision.ts';
import type { EventType } from '../../shared/domain/event.ts';
import { exposuresToText } from '../../shared/domain/experiment.ts';
import { identityKey } from '../../shared/domain/identity.ts';
import {
  parseEventId,
  parseRankingId,
  type GivenId,
  type ItemId,
  type Version,
} from '../../shared/domain/ids.ts';
import type { Pointer } from '../../shared/domain/pointer.ts';
import { DAY_MS } from '../../shared/domain/utc-day.ts';
import { resolve } from '../../shared/explore/resolve.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { parseSchema } from '../../shared/features/schema.ts';
import type { CollectedEvent, IngestBatch } from '../../shared/format/ingest-bytes.ts';
import { rankSlate } from '../../shared/score/rank.ts';
import type { RankableTable } from '../../shared/score/rankable.ts';
import type { Scorer } from '../../shared/score/scorer.ts';

/** Of holiday homes. The rules know nothing, so that they show all of them alike. */
export const HOMES_SCHEMA = {
  name: 'homes',
  columns: [
    { name: 'photos', type: 'category' },
    { name: 'region', type: 'category' },
  ],
  features: [
    { name: 'base', kind: 'constant' },
    { name: 'photos', kind: 'category', column: 'photos', values: ['lavish', 'plain'] },
    { name: 'region', kind: 'category', column: 'region', values: ['coast', 'hills', 'city'] },
  ],
  rules: { base: [0, 0], photos: [0, 0, 0], region: [0, 0, 0, 0] },
  exploration: { temperature: 3, epsilon: 0.05, poolSize: 24 },
  training: {
    objective: 'listwise',
    l2: 1,
    position: 'feature',
    reward: { click: 1, save: 2, booking: 3 },
  },
};

export const homes = parseSchema(HOMES_SCHEMA);

const REGIONS = ['coast', 'hills', 'city'] as const;
type Photos = 'lavish' | 'plain';
type Region = (typeof REGIONS)[number];

interface Home {
  readonly id: string;
  readonly photos: Photos;
  readonly region: Region;
}

export const HOMES: readonly Home[] = Array.from({ length: 24 }, (_, i) => ({
  id: `home-${i + 1}`,
  photos: i % 2 === 0 ? 'lavish' : 'plain',
  region: REGIONS[(i >> 1) % REGIONS.length],
}));

const SLOTS = 4;
const LOOKED_AT = [1, 0.85, 0.7, 0.6];
const LIKED: Readonly<Record<Region, number>> = { coast: 1.2, hills: 1, city: 0.8 };

/** Lavish photos draw two and a half times as many clicks; who saw a plain home stays and saves it. */
const BEHAVIOUR = {
  lavish: { click: 0.5, save: 0.05, booking: 0.06, dwellMs: 8000 },
  plain: { click: 0.2, save: 0.4, booking: 0.06, dwellMs: 40_000 },
} as const;

/** What visitors renew for: the chance with nothing clicked, and what each click on a home, with what follows, adds. */
export interface LastingValue {
  readonly atRest: number;
  readonly adds: (photos: Photos, then: Readonly<Record<'save' | 'booking', number>>) => number;
}

/** Homes are not what lavish photos promise: who clicks one renews more seldom, and who clicks a plain one more often. */
export const DISAPPOINTING: LastingValue = {
  atRest: 0.16,
  adds: (photos) => (photos === 'lavish' ? -0.035 : 0.18),
};

/** Clicks, saves and bookings are worth just what the schema declares. */
export const AS_DECLARED: LastingValue = {
  atRest: 0.03,
  adds: (_, { save, booking }) => {
    const { reward } = homes.training;
    return 0.04 * (reward.click + reward.save * save + reward.booking * booking);
  },
};

export const HORIZON_DAYS = 2;

export interface Renewal {
  readonly sessionId: string;
  /** Epoch ms, within the horizon after the visit. */
  readonly at: number;
}

/** What one visit is truly worth: the chance of a renewal, given the slate alone. */
export interface TrueWorth {
  readonly at: number;
  readonly arm: string;
  readonly chance: number;
}

export interface DayOfVisits {
  readonly batch: IngestBatch;
  /** Those that are to come of these visits. */
  readonly renewals: readonly Renewal[];
  readonly worth: readonly TrueWorth[];
}

/** Sessions of one ranking each, drawn by the weights that the pointer gives them, as an edge serves and ships them. */
export async function visitHomes(asked: {
  readonly value: LastingValue;
  readonly pointer: Pointer;
  readonly table: RankableTable;
  readonly scorerOf: (version: Version) => Promise<Scorer>;
  /** The key by which the edge keys ids. */
  readonly identitySecret: string;
  /** Epoch ms of the day's begin. */
  readonly from: number;
  readonly sessions: number;
  readonly seed: number;
}): Promise<DayOfVisits> {
  const { value, pointer, table, from, sessions, seed } = asked;
  const random = seededRandom(seed);
  const key = identityKey(asked.identitySecret);
  const decisions: Decision[] = [];
  const events: CollectedEvent[] = [];
  const renewals: Renewal[] = [];
  const worth: TrueWorth[] = [];
  for (let i = 0; i < sessions; i++) {
    const given = `visitor-${seed}-${i}`;
    const sessionId = key.sessionId(given as GivenId);
    const at = Math.floor(from + ((i + random()) / sessions) * 0.99 * DAY_MS);
    const { version, exposures } = resolve(pointer, { sessionId });
    const arm = exposuresToText(exposures);
    const scorer = await asked.scorerOf(version);
    const slate = rankSlate(
      scorer,
      table,
      { preferences: {}, context: {}, recent: [] },
      { limit: SLOTS, seed: i, nowMs: at, exploration: scorer.exploration },
    );
    const decision: Decision = {
      rankingId: parseRankingId(`ranking-${seed}-${i}`),
      at,
      sessionId,
      context: { placement: 'main', consent: 'measure' } as Decision['context'],
      ...(arm !== '' && { arm }),
      weights: version,
      delta: 0,
      schemaHash: homes.hash,
      snapshot: '',
      degraded: false,
      seed: i,
      exploration: scorer.exploration,
      limit: SLOTS,
      request: '{}',
      itemIds: slate.ids,
      units: slate.units,
      propensities: slate.propensities,
      codes: slate.codes,
    };
    decisions.push(decision);
    const shown = slate.ids.map(homeOf);
    let chance = value.atRest;
    shown.forEach((home, slot) => {
      if (random() >= clickRate(home, slot)) return;
      const { save, booking, dwellMs } = BEHAVIOUR[home.photos];
      const then = { save: Number(random() < save), booking: Number(random() < booking) };
      chance += value.adds(home.photos, then);
      const happened: [EventType, number?][] = [
        ['click'],
        ['dwell', Math.round(dwellMs * (0.5 + random()))],
        ...(then.save ? [['save'] as [EventType]] : []),
        ...(then.booking ? [['booking', 500] as [EventType, number]] : []),
      ];
      happened.forEach(([type, amount], n) =>
        events.push(eventOf(decision, slot, type, amount, 4000 + 60_000 * slot + 14_000 * n)),
      );
    });
    if (random() < chance)
      renewals.push({
        sessionId: given,
        at: Math.floor(at + (0.2 + 0.75 * random()) * HORIZON_DAYS * DAY_MS),
      });
    worth.push({ at, arm, chance: expectedChance(value, shown) });
  }
  return { batch: { batchId: `day-${seed}`, decisions, events }, renewals, worth };
}

const byId = new Map<string, Home>(HOMES.map((home) => [home.id, home]));
const homeOf = (id: ItemId): Home => byId.get(id)!;

const clickRate = ({ photos, region }: Home, slot: number): number =>
  LOOKED_AT[slot] * BEHAVIOUR[photos].click * LIKED[region];

/** What clicks add is linear in what follows them, so means may be put in its place. */
const expectedChance = (value: LastingValue, shown: readonly Home[]): number =>
  shown.reduce(
    (sum, home, slot) =>
      sum + clickRate(home, slot) * value.adds(home.photos, BEHAVIOUR[home.photos]),
    value.atRest,
  );

function eventOf(
  { rankingId, at, sessionId, arm, weights, itemIds }: Decision,
  slot: number,
  type: EventType,
  value: number | undefined,
  afterMs: number,
): CollectedEvent {
  return {
    eventId: parseEventId(`${type}-${slot}-${rankingId}`),
    type,
    rankingId,
    itemId: itemIds[slot],
    position: slot + 1,
    ...(value !== undefined && { value }),
    timestamp: at + afterMs,
    receivedAt: at + afterMs + 500,
    sessionId,
    placement: 'main' as CollectedEvent['placement'],
    ...(arm !== undefined && { arm }),
    weights,
  };
}
