import { numbersOf } from '../numbers-of.ts';
import { isOfRules, type Reason } from '../reasons.ts';
import type { Trip } from '../trip.ts';
import { chanceOf, clicksOf, fashion, person, type Person } from './taste.ts';

/** What ranks before anything was learned. */
export const RULES = 'rules';
const RULES_VERSION = 'v000000';

/** How the crowd reaches the shop's Worker. */
export interface Endpoints {
  /** @returns the status, the body, and after how many seconds to come again where it was too much. */
  post(
    path: string,
    body: unknown,
  ): Promise<{ readonly status: number; readonly body: any; readonly retryAfterS?: number }>;
  tripsOf(ids: readonly string[]): Promise<ReadonlyMap<string, Trip>>;
}

/** One ranking as a visitor met it. */
export interface Met {
  readonly version: string;
  /** The version, or `RULES` where the answers show that nothing was learned since. */
  readonly by: string;
  readonly clicked: boolean;
}

interface Visitor {
  readonly who: Person;
  readonly sessionId: string;
  readonly seen: string[];
  left: number;
}

interface Answer {
  readonly status: number;
  readonly body: {
    readonly rankingId: string;
    readonly token: string;
    readonly weights: string;
    readonly items: readonly { readonly id: string; readonly reasons?: readonly Reason[] }[];
  };
  readonly retryAfter?: number;
}

/** Rankings of one round. */
const AT_ONCE = 40;
const SHOWN = 10;
/** When to come again where the edge did not say. */
const SOON_S = 5;
/**
 * How many of a round tell by their reasons whether anything was learned. One alone may be of those whom the edge ranks for without what was learned, so that
 * it is known what learning brings.
 */
const EXPLAINED = 4;
/** Rankings that a visitor looks at. */
const PAGES = 3;

/** Visitors with tastes that nothing but their clicks tells; each comes once, agrees to be remembered, and looks at a few rankings. */
export function crowd(endpoints: Endpoints, seed: string, onMet: (met: readonly Met[]) => void) {
  const random = numbersOf(seed);
  const liking = fashion(random);
  const newVisitor = (): Visitor => ({
    who: person(random),
    sessionId: `crowd-${crypto.randomUUID()}`,
    seen: [],
    left: PAGES,
  });
  let visitors: Visitor[] = [];
  let isByRules = false;
  /** @returns how long to wait before the next round, s: 0 unless the Worker asks for it. */
  async function round(): Promise<number> {
    visitors = Array.from({ length: AT_ONCE }, (_, i) =>
      visitors[i] && visitors[i].left > 0 ? visitors[i] : newVisitor(),
    );
    const asked = await endpoints.post('/v1/rank/batch', {
      requests: visitors.map(({ who, sessionId, seen }, i) => ({
        sessionId,
        consent: 'personalise',
        placement: 'crowd',
        preferences: who.wishes,
        recent: { items: seen.map((itemId) => ({ itemId, type: 'seen', agoHours: 0 })) },
        limit: SHOWN,
        explain: i < EXPLAINED,
      })),
    });
    if (asked.status !== 200) return asked.retryAfterS ?? SOON_S;
    const answers: readonly Answer[] = asked.body.answers;
    const ids = answers.flatMap(({ status, body }) =>
      status === 200 ? body.items.map(({ id }) => id) : [],
    );
    const trips = await endpoints.tripsOf(ids);
    // Who cannot see the trips has no reason to click, and would teach that nobody likes them.
    if (ids.filter((id) => trips.has(id)).length < ids.length / 2) return SOON_S;
    // A version that is tried on some tells nothing of what the others are ranked by; where it ranked all of these, what was so before still is.
    const explained = answers
      .slice(0, EXPLAINED)
      .filter(({ status, body }) => status === 200 && body.weights === RULES_VERSION);
    if (explained.length > 0) isByRules = explained.every(({ body }) => onlyRules(body.items));
    const events: object[] = [];
    const met: Met[] = [];
    answers.forEach(({ status, body }, i) => {
      if (status !== 200) return;
      const visitor = visitors[i];
      visitor.left--;
      const chances = body.items.map(({ id }) => {
        const trip = trips.get(id);
        return trip === undefined ? 0 : chanceOf(liking, visitor.who, trip);
      });
      const clicks = clicksOf(chances, random);
      for (const slot of clicks) {
        const itemId = body.items[slot].id;
        visitor.seen.push(itemId);
        events.push({
          eventId: crypto.randomUUID(),
          type: 'click',
          rankingId: body.rankingId,
          itemId,
          position: slot + 1,
          timestamp: Date.now(),
          token: body.token,
        });
      }
      const { weights: version } = body;
      const by = version === RULES_VERSION && isByRules ? RULES : version;
      met.push({ version, by, clicked: clicks.length > 0 });
    });
    onMet(met);
    const refused = answers.flatMap(({ retryAfter }) => retryAfter ?? []);
    if (events.length > 0) {
      const sent = await endpoints.post('/v1/events', { sentAt: Date.now(), events });
      if (sent.status !== 202) refused.push(sent.retryAfterS ?? SOON_S);
    }
    return Math.max(0, ...refused);
  }
  return { round };
}

const onlyRules = (items: Answer['body']['items']) =>
  items.every(({ reasons = [] }) => reasons.every(isOfRules));
