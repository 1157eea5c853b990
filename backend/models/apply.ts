import { ApiError } from '../../shared/domain/errors.ts';
import { RULES_VERSION, type Version } from '../../shared/domain/ids.ts';
import { parsePointer, type Pointer } from '../../shared/domain/pointer.ts';
import { movedAt, readLive } from './live-pointer.ts';
import { lookAtPointer } from './pointer-watch.ts';
import type { Publisher } from './publisher.ts';
import type { Store } from '../store/open.ts';
import { findPointer } from './find-pointer.ts';
import { type Lease, whileHolding } from '../scheduler/lease.ts';
import { pointerMover } from './move-pointer.ts';
import { serial } from '../process/serial.ts';
import { versionsOf } from './versions-of.ts';
import type { Versions } from './versions.ts';

/** The one room that moves the pointer, one move at a time. `by` goes into the audit log. */
export interface Rollout {
  /** @throws ApiError 409 `on_hold` after a rollback, until released; 404 for an unknown version. */
  promote(version: Version, by: string): Promise<void>;
  /** Everyone gets the version, without arms, and nothing else goes live until released. */
  rollback(version: Version, by: string): Promise<void>;
  /** Lifts the hold; the champion stays, and the traffic of now comes back. */
  release(by: string): Promise<void>;
  /** The same champion with the traffic of now: who is in which arm, and what is scored in shadow. Waits out a hold. */
  retraffic(by: string): Promise<void>;
  /** Makes store and KV agree again: notices moves by hand, restores what KV lost, publishes what waits. */
  watch(): Promise<void>;
}

export type Traffic = Pick<Pointer, 'arms' | 'layers' | 'shadow'>;

export interface RolloutDeps {
  readonly store: Store;
  readonly publisher: Publisher;
  readonly versions: Versions;
  /** Of running experiments and rollouts. */
  readonly traffic: () => Promise<Traffic>;
  /** Lets rollouts see a hold before it is gone. */
  readonly beforeRelease: () => Promise<void>;
  /** While a move is made: another backend's waits. */
  readonly moving: Lease;
  readonly settleMs: number;
  readonly nowMs: () => number;
  /** Another scorer is live, perhaps of another schema; or KV had lost everything. */
  readonly onMoved: (kvWasLost: boolean) => void;
}

/** Longer than a lease that a crash left behind. */
const PATIENCE_MS = 30_000;

export function rollout(deps: RolloutDeps): Rollout {
  const { store, publisher, versions, traffic, settleMs, nowMs, onMoved } = deps;
  const inTurn = serial();
  const alone = <T>(job: () => Promise<T>) => whileHolding(deps.moving, PATIENCE_MS, job);

  const { move, signed } = pointerMover(deps);

  const look = async () => {
    const found = await lookAtPointer(publisher, store, settleMs, nowMs());
    if (found === 'moved') onMoved(false);
    if (found === 'not ours') await findPointer({ store, publisher, versions, nowMs });
    return found;
  };

  /** Within `alone`. */
  const lookAndRestore = async () => {
    if ((await look()) !== 'absent') return;
    const live = await readLive(store);
    if (live === undefined) {
      await signed({ champion: RULES_VERSION, by: 'backend' }, 'first publish');
      return;
    }
    await publisher.forgetPublications();
    if (await exists(live.pointer)) {
      await move({ ...live.pointer, at: nowMs() }, live.text, 'restore', { kvWasLost: true });
      return;
    }
    // A hand had named a version that does not exist: edges went on with the one before, and so does this.
    const before = parsePointer(live.before ?? '');
    const isGood = before !== undefined && (await exists(before));
    const champion = isGood ? before.champion : RULES_VERSION;
    await signed({ champion, hold: true, by: 'backend' }, 'restore', { kvWasLost: true });
  };

  const exists = (pointer: Pointer): Promise<boolean> =>
    Promise.all(versionsOf(pointer).map((version) => versions.load(version))).then(
      () => true,
      (error: unknown) => {
        if (error instanceof ApiError && error.status === 404) return false;
        throw error;
      },
    );

  const retraffic = (by: string) =>
    inTurn(async () => {
      const isDue = async () => {
        const live = await readLive(store);
        if (live === undefined || live.pointer.hold === true) return undefined;
        // Who made the champion live stays in the pointer; who changed the traffic is for the audit log.
        const { champion, by: promotedBy, arms, layers, shadow } = live.pointer;
        const now = await traffic();
        // As KV has them: JSON.
        return JSON.stringify([arms, layers, shadow]) ===
          JSON.stringify([now.arms, now.layers, now.shadow])
          ? undefined
          : { champion, ...now, ...(promotedBy !== undefined && { by: promotedBy }) };
      };
      if ((await isDue()) === undefined) return;
      await alone(async () => {
        await lookAndRestore();
        const pointer = await isDue();
        if (pointer !== undefined) await signed(pointer, 'change traffic', { actor: by });
      });
    });

  const watch = async () => {
    const found = await inTurn(async () => {
      const first = await look();
      if (first === 'absent') await alone(lookAndRestore);
      for (const version of await publisher.unpublished()) await publisher.publishVersion(version);
      return first;
    });
    // A write to KV whose answer was lost arrived all the same; what asked for it was taken back meanwhile.
    if (found === 'moved') await retraffic('backend');
  };

  return {
    promote: (version, by) =>
      inTurn(async () => {
        await versions.load(version);
        // Its blob may take a while: not while other backends wait.
        await publisher.publishVersion(version);
        await alone(async () => {
          await lookAndRestore();
          const live = await readLive(store);
          if (live?.pointer.hold === true) {
            throw new ApiError(
              409,
              'on_hold',
              `${live.pointer.champion} is held since ${new Date(live.pointer.at ?? (await movedAt(store, live))).toISOString()} (by ${live.pointer.by ?? 'hand'}), so ${version} stays stored: release first`,
            );
          }
          await signed({ champion: version, ...(await traffic()), by }, 'promote');
        });
      }),

    rollback: (version, by) =>
      inTurn(async () => {
        await versions.load(version);
        await publisher.publishVersion(version);
        await alone(async () => {
          await lookAndRestore();
          // The bare id is what ops write by hand: every reader of the pointer does the same for both.
          await move({ champion: version, hold: true, by, at: nowMs() }, version, 'rollback');
        });
      }),

    async release(by) {
      // A hand's move may not have been noticed yet.
      await watch();
      await deps.beforeRelease();
      await inTurn(() =>
        alone(async () => {
          await lookAndRestore();
          const live = await readLive(store);
          if (live?.pointer.hold !== true)
            throw new ApiError(409, 'not_held', 'nothing is held: there is nothing to release');
          const { champion } = live.pointer;
          await versions.load(champion);
          await signed({ champion, ...(await traffic()), by }, 'release');
        }),
      );
    },

    retraffic,
    watch,
  };
}
