import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Visit } from '../../../shared/domain/rank-request.ts';
import { codesOf, encodeRequest } from '../../../shared/features/encode.ts';
import type { Schema } from '../../../shared/features/schema.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import type { RankableTable } from '../../../shared/score/rankable.ts';
import type { Ranking } from '../../support/client.ts';
import { SHOWN } from '../hidden-taste.ts';
import { outcomeOf, type Behaviour, type Deed } from './behaviour.ts';
import { add, type Seen } from './seen.ts';
import type { DemoSystem } from './system.ts';

export interface CrowdOptions {
  /** The catalogue, as the visitors see it. */
  readonly table: RankableTable;
  readonly taste: Behaviour;
  /** What the codes that they see mean. Default: the default schema. */
  readonly schema?: Schema;
  /** What they ask for; they take these in turn. */
  readonly wishes: readonly Visit['preferences'][];
  readonly seed: number;
  /** New visitors a second, at most: fewer come where the system answers more slowly. */
  readonly perSecond: number;
  /** So many at a time. */
  readonly atOnce: number;
}

/** Visitors who come for as long as they are not stopped; each of them once, in a session of their own. */
export interface Crowd {
  /** What they were answered and what they did, so far. */
  seen(): Seen;
  /** What was sent and acknowledged so far. */
  sent(): { readonly rankings: number; readonly events: number };
  /** From now on they like something else. */
  turn(taste: Behaviour): void;
  /**
   * Nobody comes until the work is done, so that how many come by then is not the machine's to say. Those under way are answered.
   */
  waitFor<T>(work: () => Promise<T>): Promise<T>;
  /** Rejects with what went wrong with a visitor; resolves once stopped. */
  readonly ended: Promise<void>;
  /** Resolves when nobody is under way any more. */
  stop(): Promise<void>;
}

type Answer = Ranking & { readonly experiment?: string; readonly arm?: string };

/** Visits over real HTTP: a ranking, and a click or a booking for what is liked of it, with the ranking's token. */
export function crowd(system: DemoSystem, options: CrowdOptions): Crowd {
  const { table, schema = smarttrip, wishes, seed, perSecond, atOnce } = options;
  // workerd gives a connection up after 5 s, and whoever takes it into use just then is not answered.
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce, timeout: KEPT_MS });
  const post = poster(system, agent);
  let seen: Seen = new Map();
  let { taste } = options;
  let [rankings, events, visits, nextMs] = [0, 0, 0, performance.now()];
  const state = { isOver: false };
  let awaited: Promise<unknown> | undefined;

  const visit = async () => {
    const number = visits++;
    const preferences = wishes[number % wishes.length];
    const its = taste;
    const sessionId = `visitor-${seed}-${number}`;
    const ranking = await post<Answer>('/v1/rank', 200, { sessionId, preferences, limit: SHOWN });
    rankings++;
    if (ranking.degraded) throw new Error(`a visitor was answered a degraded ranking`);
    const codes = codesOf(
      encodeRequest(schema, table.table, table.rows, asVisit(preferences), Date.now()),
      ranking.items.map(({ id }) => table.rows.get(id)!),
    );
    const slots = ranking.items.length;
    const deeds = its.visit(codes, slots);
    const { weights: version, experiment, arm } = ranking;
    seen = add(
      seen,
      { taste: its, version, ...(experiment && { experiment }), ...(arm && { arm }) },
      { rankings: 1, happened: outcomeOf(deeds), expected: its.expected(codes, slots) },
    );
    if (deeds.length === 0) return;
    const feedback = eventsOf(ranking, deeds);
    const { accepted } = await post<{ accepted: number }>('/v1/events', 202, feedback);
    if (accepted !== feedback.length)
      throw new Error(`of ${feedback.length} events ${accepted} were accepted`);
    events += accepted;
  };
  const visitor = async () => {
    while (!state.isOver) {
      await awaited;
      // Who could not come in time does not come at all: a busy machine gets fewer visitors, and no queue.
      const atMs = Math.max(nextMs, performance.now());
      nextMs = atMs + 1000 / perSecond;
      await sleep(Math.max(0, atMs - performance.now()));
      if (!state.isOver) await visit();
    }
  };
  const ended = Promise.all(Array.from({ length: atOnce }, visitor)).then(() => agent.destroy());
  ended.catch(() => (state.isOver = true));
  return {
    seen: () => seen,
    sent: () => ({ rankings, events }),
    turn: (to) => void (taste = to),
    async waitFor(work) {
      const done = work();
      awaited = done.catch(() => undefined);
      try {
        return await done;
      } finally {
        awaited = undefined;
      }
    },
    ended,
    async stop() {
      state.isOver = true;
      await ended;
    },
  };
}

const asVisit = (preferences: Visit['preferences']): Visit => ({
  preferences,
  context: {},
  recent: [],
});

const eventsOf = ({ rankingId, token, items }: Ranking, deeds: readonly Deed[]) =>
  deeds.flatMap(({ slot, books }) =>
    (books ? ['click', 'booking_start'] : ['click']).map((type) => ({
      eventId: randomUUID(),
      type,
      rankingId,
      itemId: items[slot].id,
      timestamp: Date.now(),
      token,
    })),
  );

const PATIENCE_MS = 30_000;
const KEPT_MS = 4000;

/** Over kept connections by Node's own client: visitors must cost less than what answers them. */
const poster =
  ({ edge, keys }: DemoSystem, agent: Agent) =>
  <T>(path: string, expected: number, body: unknown): Promise<T> =>
    new Promise((resolve, reject) => {
      const bytes = JSON.stringify(body);
      const asking = request(
        `${edge.url}${path}`,
        {
          agent,
          method: 'POST',
          timeout: PATIENCE_MS,
          headers: {
            authorization: `Bearer ${keys.publishableKey}`,
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(bytes),
          },
        },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8');
          answer.on('data', (chunk: string) => (text += chunk));
          answer.once('error', reject);
          answer.once('end', () =>
            answer.statusCode === expected
              ? resolve(JSON.parse(text))
              : reject(new Error(`${path} was answered ${answer.statusCode}: ${text}`)),
          );
        },
      );
      asking.once('timeout', () =>
        asking.destroy(new Error(`${path} was not answered within ${PATIENCE_MS / 1000} s`)),
      );
      // A connection that breaks may say so twice.
      asking.on('error', reject);
      asking.end(bytes);
    });
