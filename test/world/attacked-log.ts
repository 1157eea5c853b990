import { demoCatalogue } from '../../backend/catalogue/demo.ts';
import type { Decision } from '../../shared/domain/decision.ts';
import { parseItem, type Item } from '../../shared/domain/item.ts';
import {
  parseEventId,
  parseRankingId,
  parseSessionId,
  parseUserId,
  RULES_VERSION,
} from '../../shared/domain/ids.ts';
import type { EventType } from '../../shared/domain/event.ts';
import type { Preferences, Visit } from '../../shared/domain/rank-request.ts';
import { packItems } from '../../shared/features/columns/item-table.ts';
import { tripWishes } from './trip-wishes.ts';
import type { CollectedEvent } from '../../shared/format/ingest-bytes.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { rankable, type RankableTable } from '../../shared/score/rankable.ts';
import { rankSlate } from '../../shared/score/rank.ts';
import { additiveFromPoints, type Scorer } from '../../shared/score/scorer.ts';
import { hiddenTaste, show, SHOWN, type HiddenTaste } from './hidden-taste.ts';

export const ITEMS = 100;
export const NOON = Date.parse('2026-03-10T12:00:00Z');
const HOUR_MS = 3_600_000;
/** Of all rankings before it, none shows the new item. */
const NEW_FROM = 0.8;
/** How often people click what they like: one ranking in four or so is clicked. */
const INTEREST = 0.18;

export const RULES = additiveFromPoints(tripWishes, tripWishes.rules, {
  version: RULES_VERSION,
  name: 'rules',
});

/** A catalogue of 100 trips that can all be booked, and visitors who like what no rule says. */
export interface AttackedWorld {
  readonly seed: number;
  readonly items: readonly Item[];
  readonly taste: HiddenTaste;
  readonly table: RankableTable;
  /** Shown from four fifths of the log on. */
  readonly newItem: string;
  readonly tableBefore: RankableTable;
}

export function attackedWorld(seed: number): AttackedWorld {
  const items = demoCatalogue(2 * ITEMS, seed, NOON + 48 * HOUR_MS)
    .filter(({ status }) => status !== 'full')
    .slice(0, ITEMS)
    .map(({ title, ...trip }) => parseItem({ ...trip, name: title }));
  const newItem = items[ITEMS >> 1].id;
  const tableOf = (some: readonly Item[]) => rankable(packItems(tripWishes.columns, some));
  return {
    seed,
    items,
    taste: hiddenTaste(seed),
    table: tableOf(items),
    newItem,
    tableBefore: tableOf(items.filter(({ id }) => id !== newItem)),
  };
}

/** What somebody looks for who wants about what a trip is. */
function wishesOf({ attributes }: Item): Preferences {
  const { themes, difficulty, durationDays, price, country, continent } = attributes;
  const days = Number(durationDays);
  return {
    themes: themes as string[],
    difficulty: Number(difficulty),
    durationDays: { min: Math.max(1, days - 2), max: days + 2 },
    budget: 1.1 * Number(price),
    countries: [String(country)],
    continents: [String(continent)],
  };
}

const visitOf = (preferences: Preferences): Visit => ({ preferences, context: {}, recent: [] });

/** Visits of people, each of whom wants about what some trip of the catalogue is. */
export function honestVisits({ items }: AttackedWorld, count: number, seed: number): Visit[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () =>
    visitOf(wishesOf(items[Math.floor(random() * items.length)])),
  );
}

/** Rankings and what was done with them, as edges ship them. */
export interface WorldLog {
  readonly decisions: Decision[];
  readonly events: CollectedEvent[];
}

interface Shown {
  readonly name: string;
  readonly at: number;
  readonly session: string;
  readonly user?: string;
  readonly visit: Visit;
  readonly table: RankableTable;
  readonly limit?: number;
  readonly candidates?: 'given';
}

function decide(log: WorldLog, scorer: Scorer, shown: Shown, seed: number): Decision {
  const { name, at, session, user, visit, table, limit = SHOWN } = shown;
  const slate = rankSlate(scorer, table, visit, {
    limit,
    seed,
    nowMs: NOON,
    exploration: scorer.exploration,
  });
  const decision: Decision = {
    rankingId: parseRankingId(name),
    at,
    sessionId: parseSessionId(session),
    ...(user !== undefined && { userId: parseUserId(user) }),
    context: { placement: 'main', consent: 'measure' } as Decision['context'],
    weights: scorer.version,
    delta: 0,
    schemaHash: tripWishes.hash,
    snapshot: '',
    degraded: false,
    seed,
    exploration: scorer.exploration,
    limit,
    request: JSON.stringify(shown.candidates ? { candidates: table.table.ids } : {}),
    itemIds: slate.ids,
    units: slate.units,
    propensities: slate.propensities,
    codes: slate.codes,
  };
  log.decisions.push(decision);
  return decision;
}

function act(
  { events }: WorldLog,
  { rankingId, at, sessionId, userId, itemIds, weights }: Decision,
  slot: number,
  types: readonly EventType[],
): void {
  types.forEach((type, i) => {
    const timestamp = at + 4000 + 3000 * slot + 20_000 * i;
    events.push({
      eventId: parseEventId(`${type}-${slot}-${rankingId}`),
      type,
      rankingId,
      itemId: itemIds[slot],
      position: slot + 1,
      ...(type === 'dwell' && { value: 8000 }),
      ...(type === 'booking' && { value: 1000 }),
      timestamp,
      receivedAt: timestamp + 500,
      sessionId,
      ...(userId && { userId }),
      placement: 'main' as CollectedEvent['placement'],
      weights,
    });
  });
}

/** The log of one day of people: most rank once or twice, a few many times; some of what they click they book. */
export function honestLog(world: AttackedWorld, sessions: number, scorer: Scorer): WorldLog {
  const log: WorldLog = { decisions: [], events: [] };
  const random = seededRandom(world.seed + 17);
  const visits = honestVisits(world, sessions, world.seed + 18);
  visits.forEach((visit, s) => {
    const rankings = 1 + Math.floor(-1.2 * Math.log(1 - random()));
    for (let r = 0; r < Math.min(rankings, 12); r++) {
      const share = s / sessions;
      const decision = decide(
        log,
        scorer,
        {
          name: `r-${s}-${r}`,
          at: NOON + Math.floor(share * 10 * HOUR_MS) + r * 40_000,
          session: `session-${s}`,
          user: `user-${s}`,
          visit,
          table: share < NEW_FROM ? world.tableBefore : world.table,
        },
        s * 64 + r,
      );
      world.taste.clicks(decision.codes, decision.itemIds.length).forEach((clicked, slot) => {
        if (clicked === 0 || random() >= INTEREST) return;
        act(
          log,
          decision,
          slot,
          random() < 0.04 ? ['click', 'dwell', 'booking_start', 'booking'] : ['click', 'dwell'],
        );
      });
    }
  });
  return log;
}

/** What somebody does who holds the publishable key. */
export interface Attack {
  readonly rankings: number;
  readonly types: readonly EventType[];
  /** The item with others of the attacker's choice. */
  readonly list?: 'alone' | 'chosen';
  /** Every ranking another user. */
  readonly users?: 'fake';
  readonly from: 'one' | 'many';
}

/** @param sessions how many of them are the attacker's. */
export function attackLog(
  world: AttackedWorld,
  attack: Attack,
  target: string,
  sessions: number,
  scorer: Scorer,
): WorldLog {
  const log: WorldLog = { decisions: [], events: [] };
  const item = world.items.find(({ id }) => id === target)!;
  const others = world.items.filter(({ id }) => id !== target);
  const visit = visitOf(wishesOf(item));
  const list =
    attack.list === undefined
      ? world.table
      : rankable(
          packItems(
            tripWishes.columns,
            attack.list === 'alone' ? [item] : [item, ...others.slice(0, 5)],
          ),
        );
  for (let s = 0; s < sessions; s++)
    for (let r = 0; r < attack.rankings; r++) {
      const n = s * attack.rankings + r;
      const decision = decide(
        log,
        scorer,
        {
          name: `a-${n}`,
          at: NOON + Math.floor((s / sessions) * 10 * HOUR_MS) + r * 30_000,
          session: attack.from === 'many' ? `attack-${s}` : 'attack',
          ...(attack.users === 'fake' && { user: `fake-${n}` }),
          visit,
          table: list,
          ...(attack.list !== undefined && { candidates: 'given' as const }),
        },
        900_000 + n,
      );
      const slot = decision.itemIds.findIndex((id) => id === target);
      if (slot >= 0) act(log, decision, slot, attack.types);
    }
  return log;
}

/** Of every item the mean of its places over visits, 1 the best, half of its equals before it. */
export function meanRanks(
  world: AttackedWorld,
  scorer: Scorer,
  visits: readonly Visit[],
): Map<string, number> {
  const ranks = new Map(world.items.map(({ id }) => [id as string, 0]));
  for (const visit of visits) {
    const { ids, units } = rankSlate(scorer, world.table, visit, {
      limit: ITEMS,
      seed: 1,
      nowMs: NOON,
      exploration: { temperature: 0, epsilon: 0, poolSize: ITEMS },
    });
    let from = 0;
    while (from < ids.length) {
      let to = from + 1;
      while (to < ids.length && units[to] === units[from]) to++;
      for (let i = from; i < to; i++)
        ranks.set(ids[i], ranks.get(ids[i])! + (from + to + 1) / 2 / visits.length);
      from = to;
    }
  }
  return ranks;
}

/** Clicks per ranking that a scorer truly earns. */
export function valueOf(
  { taste, table }: AttackedWorld,
  scorer: Scorer,
  visits: readonly Visit[],
): number {
  let sum = 0;
  for (const visit of visits) {
    const { ids, codes } = show(scorer, table, visit, { seed: 1, nowMs: NOON, explores: false });
    for (const clicks of taste.expected(codes, ids.length)) sum += clicks;
  }
  return sum / visits.length;
}
