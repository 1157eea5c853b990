import type { Pointer } from '../../../shared/domain/pointer.ts';
import { verifyToken } from '../../../shared/domain/token.ts';
import { resolve } from '../../../shared/explore/resolve.ts';
import { REFRESH_MS, SECRETS, type Isolate } from '../platform/edge.ts';
import { KV_STALE_MS } from '../platform/kv.ts';
import type { World } from '../world.ts';

interface Asked {
  readonly sessionId: string;
  readonly userId?: string;
  readonly consent: string;
}

interface Served {
  readonly weights: string;
  readonly degraded: boolean;
  readonly token: string;
}

/**
 * By when every isolate that says that it is up to date follows the pointer: KV's 60 s, six refresh intervals, after which a ranking waits
 * for what is live, and the time that reading may take.
 */
export const FOLLOWS_WITHIN_MS = KV_STALE_MS + 6 * REFRESH_MS + 10_000;

/** Without experiments that do not run: the edge assigns nobody by them. */
const running = (pointer: Pointer): Pointer => ({
  ...pointer,
  layers: (pointer.layers ?? []).map((layer) => ({
    ...layer,
    experiments: layer.experiments.filter(({ status }) => status === 'running'),
  })),
});

/** What isolates show, against the pointers that were published. */
export class ServedCheck {
  /** Whether everybody had time to read what is live, since nothing goes wrong any more. */
  isLive = false;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  served(isolate: Isolate, { sessionId, userId, consent }: Asked, answer: Served): void {
    const { simulation, pointerCheck } = this.#world;
    const { weights, degraded, token } = answer;
    const { name } = isolate.process;
    const { held, published, replacedAtMs } = pointerCheck;
    const { claims } = verifyToken(token, [SECRETS.token], simulation.nowMs);
    if (claims.weights !== weights)
      simulation.violate(
        'tokens fit their answers',
        `${weights} was shown with a token of ${claims.weights}`,
      );
    const lateMs = (sinceMs: number) => simulation.nowMs - sinceMs - FOLLOWS_WITHIN_MS;
    if (degraded) {
      // Else every check below could be blind without anybody's seeing it.
      if (this.isLive)
        simulation.violate(
          'whoever can read what is live says so',
          `${name} still says that it may be out of date`,
        );
      return;
    }
    if (held !== undefined && !held.versions.has(weights) && lateMs(held.sinceMs) > 0)
      simulation.violate(
        'a rollback is served within the stated time',
        `${name} showed ${weights}, ${Math.round(lateMs(held.sinceMs))} ms too late`,
      );
    const { pointerRevision } = claims;
    const pointer = pointerRevision === undefined ? undefined : published.get(pointerRevision);
    if (pointerRevision === undefined || pointer === undefined) return;
    const replaced = replacedAtMs.get(pointerRevision);
    if (replaced !== undefined && lateMs(replaced) > 0)
      simulation.violate(
        'a pointer is followed within the stated time',
        `${name} went by revision ${pointerRevision}, ${Math.round(lateMs(replaced))} ms too late`,
      );
    if (weights === pointer.champion) return;
    // Who did not agree has no user.
    const visitor = { sessionId, ...(consent !== 'none' && userId !== undefined && { userId }) };
    const { version } = resolve(running(pointer), visitor);
    if (weights !== version)
      simulation.violate(
        'no version is shown beyond its traffic',
        `${weights} was shown to ${sessionId} under revision ${pointerRevision}, which gives it ${version}`,
      );
  }
}
