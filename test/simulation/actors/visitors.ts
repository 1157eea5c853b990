import { CONSENTS } from '../../../shared/domain/consent.ts';
import { SimulatedRequest } from '../kernel/messages.ts';
import type { Focus, World } from '../world.ts';
import { CELLS, SECRETS } from '../platform/edge.ts';

const PATIENCE_MS = 20_000;
const RESENDS = 6;
const EVERY_MS: Readonly<Record<Focus, readonly number[]>> = {
  all: [60, 150, 400],
  pointer: [1500, 5000, 30_000],
  people: [400, 1500],
  bucket: [150, 400],
};
/** How many of those who were shown something want to be forgotten. */
const FORGETS: Readonly<Record<Focus, number>> = {
  all: 0.06,
  pointer: 0.06,
  people: 0.25,
  bucket: 0.06,
};
const TYPES = ['click', 'save', 'dwell', 'impression'] as const;

interface RankAnswer {
  readonly rankingId: string;
  readonly token: string;
  readonly items: readonly { readonly id: string; readonly position: number }[];
}

/** Visitors who rank, act on what they are shown, send again what was not acknowledged, and now and then want to be forgotten. */
export class Visitors {
  readonly #everyMs: number;
  isOver = false;
  /** Hardly anybody comes at night. */
  isAway = false;
  /** Nobody comes at all. */
  isGone = false;
  #visits = 0;
  #events = 0;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    this.#everyMs = world.simulation.random.pick(
      // The rarer they come, the more time a world has; where an isolate is asked once in minutes, what it has is old.
      EVERY_MS[world.focus],
    );
  }

  start(): void {
    const { simulation } = this.#world;
    const next = () => {
      if (this.isOver) return;
      if (!this.isGone) void this.#visit().catch(() => undefined);
      simulation.after(
        simulation.random.exponential(this.isAway ? 600_000 : this.#everyMs),
        simulation.outside,
        next,
      );
    };
    simulation.after(0, simulation.outside, next);
  }

  async #visit(): Promise<void> {
    const { simulation, ledger } = this.#world;
    const { random, outside } = simulation;
    const consent = random.chance(0.15) ? 'none' : random.pick(CONSENTS.slice(1));
    // Few enough that sessions and users come back, and that a session is shared now and then.
    const sessionId = random.chance(0.2)
      ? `session-${random.below(this.#visits + 1)}`
      : `session-${++this.#visits}`;
    const user = random.chance(0.3) ? `user-${random.below(40 + this.#visits)}` : undefined;
    const cell = random.pick(CELLS);
    const shown: RankAnswer[] = [];
    const rankings = 1 + random.below(3);
    // Some log in after they have seen something.
    const loggedInAt = random.chance(0.3) ? 1 : 0;
    for (let i = 0; i < rankings; i++) {
      const userId = i < loggedInAt ? undefined : user;
      const asked = {
        sessionId,
        ...(userId && { userId }),
        consent,
        limit: 3,
        recent: [{ itemId: 'item-1', type: 'click', at: simulation.nowMs - 1000 }],
        ...(random.chance(0.3) && { candidates: [{ id: 'item-1' }, { id: 'item-2' }] }),
      };
      // A page with two places asks for both at once: the second request finds what the first one is still loading.
      if (random.chance(0.3)) void this.#post(cell, '/v1/rank', asked);
      const answer = await this.#post(cell, '/v1/rank', asked);
      if (answer?.status !== 200) continue;
      const ranking = (await answer.json()) as RankAnswer;
      shown.push(ranking);
      await outside.sleep(random.exponential(3000));
      await this.#act(cell, ranking);
    }
    if (shown.length === 0 || !random.chance(FORGETS[this.#world.focus])) return;
    await outside.sleep(random.exponential(5000));
    if (consent !== 'none') ledger.maybeForgottenSessions.add(sessionId);
    for (let i = 0; i < RESENDS; i++) {
      const answer = await this.#post(cell, '/v1/forget', {
        tokens: shown.map(({ token }) => token),
      });
      if (answer?.status === 202) break;
      await outside.sleep(random.exponential(2000));
    }
  }

  /** A ranking that nobody acts on. */
  lastAsked(cell: string): SimulatedRequest {
    return new SimulatedRequest(`http://${cell.toLowerCase()}.edge/v1/rank`, {
      method: 'POST',
      headers: { authorization: `Bearer ${SECRETS.publishable}` },
      body: JSON.stringify({
        sessionId: 'session-last',
        consent: 'none',
        candidates: [{ id: 'item-1' }],
        limit: 1,
      }),
    });
  }

  async #act(cell: string, { rankingId, token, items }: RankAnswer): Promise<void> {
    const { simulation, ledger } = this.#world;
    const { random, outside } = simulation;
    const events = items
      .filter(() => random.chance(0.5))
      .map(({ id }) => {
        // An event id means something within its ranking only.
        const eventId = `event-${random.chance(0.1) ? 0 : ++this.#events}`;
        ledger.sentEvents.add(`${rankingId} ${eventId}`);
        return {
          eventId,
          type: random.pick(TYPES),
          rankingId,
          itemId: id,
          timestamp: simulation.nowMs,
          token,
        };
      });
    if (events.length === 0) return;
    for (let i = 0; i < RESENDS; i++) {
      const answer = await this.#post(cell, '/v1/events', { events, sentAt: simulation.nowMs });
      // Some send again what was taken, as where they close and open a page.
      if (answer?.status === 202 && !random.chance(0.05)) break;
      await outside.sleep(random.exponential(2000));
    }
  }

  async #post(cell: string, path: string, body: unknown) {
    const { network, outside } = this.#world.simulation;
    try {
      return await network.fetch(outside, `http://${cell.toLowerCase()}.edge${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${SECRETS.publishable}` },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
    } catch {
      return undefined;
    }
  }
}
