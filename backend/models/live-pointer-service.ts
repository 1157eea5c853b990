import { ApiError } from '../../shared/domain/errors.ts';
import { RULES_VERSION, type Version } from '../../shared/domain/ids.ts';
import { parsePointer, type Pointer } from '../../shared/domain/pointer.ts';
import { serial } from '../process/serial.ts';
import { whileHolding, type Lease } from '../scheduler/lease.ts';
import type { Store } from '../store/open.ts';
import { adoptPointer } from './adopt-pointer.ts';
import { comparePointer } from './compare-pointer.ts';
import { movedAt, readLive } from './live-pointer.ts';
import type { Publisher } from './publisher.ts';
import { versionsInPointer } from './versions-in-pointer.ts';
import type { Versions } from './versions.ts';
import { pointerWriter } from './write-pointer.ts';

/**
 * The only service that moves the weights pointer, one move at a time among all backends. `by` goes into the audit log.
 */
export interface LivePointerService {
  /** @throws ApiError 409 `on_hold` after a rollback, until released; 404 for an unknown version. */
  promote(version: Version, by: string): Promise<void>;
  /** Everyone gets the version, without arms, and nothing else goes live until released. */
  rollback(version: Version, by: string): Promise<void>;
  /** Lifts the hold: the champion stays, and running experiments and rollouts get their arms again. */
  release(by: string): Promise<void>;
  /**
   * The same champion with the current traffic: who is in which arm, what is scored in shadow, and where the site's own order is
   * kept, and what operators ask of slates. During a hold only the last two of these.
   */
  refreshTraffic(by: string): Promise<void>;
  /** Makes store and KV agree: records moves by hand, restores what KV lost, publishes versions that are not in KV yet. */
  reconcile(): Promise<void>;
}

export type Traffic = Pick<Pointer, 'arms' | 'layers' | 'shadow' | 'apprentice' | 'slateRules'>;

export interface LivePointerDeps {
  readonly store: Store;
  readonly publisher: Publisher;
  readonly versions: Versions;
  /** Of running experiments and rollouts. */
  readonly traffic: () => Promise<Traffic>;
  /** Runs while a hold is still there: rollouts have to decide on it before it is lifted. */
  readonly beforeRelease: () => Promise<void>;
  /** Held during a move, so that only one backend makes one. */
  readonly moving: Lease;
  readonly settleMs: number;
  readonly nowMs: () => number;
  /** Another scorer is live, perhaps of another schema; or KV had lost everything. */
  readonly onMoved: (kvWasLost: boolean) => void;
}

/** Whose order is shown, and what operators ask of slates, are no part of what a hold stops. */
const keptOnHold = ({
  apprentice,
  slateRules,
}: Traffic): Pick<Pointer, 'apprentice' | 'slateRules'> => ({
  ...(apprentice && { apprentice }),
  ...(slateRules && { slateRules }),
});

/** Longer than a lease lasts after its holder has crashed. */
const PATIENCE_MS = 30_000;

export function livePointerService(deps: LivePointerDeps): LivePointerService {
  const { store, publisher, versions, traffic, settleMs, nowMs, onMoved } = deps;
  const inTurn = serial();
  const { write, writeNumbered, settled, isSettled } = pointerWriter(deps);
  const alone = async <T>(job: () => Promise<T>) => {
    await settled();
    return whileHolding(deps.moving, PATIENCE_MS, job, isSettled);
  };

  const compare = async () => {
    const found = await comparePointer(publisher, store, settleMs, nowMs());
    if (found === 'moved') onMoved(false);
    if (found === 'unknown') await adoptPointer({ store, publisher, versions, nowMs });
    return found;
  };

  /** To be called within `alone`, as it may write. */
  const compareAndRestore = async () => {
    if ((await compare()) !== 'absent') return;
    const live = await readLive(store);
    if (live === undefined) {
      await writeNumbered({ champion: RULES_VERSION, by: 'backend' }, 'first publish');
      return;
    }
    await publisher.forgetPublications();
    if (await exists(live.pointer)) {
      await write({ ...live.pointer, at: nowMs() }, live.text, 'restore', { kvWasLost: true });
      return;
    }
    // Somebody had named a version that does not exist. Edges kept the one before it, so the pointer is set back to it.
    const before = parsePointer(live.before ?? '');
    const isGood = before !== undefined && (await exists(before));
    const champion = isGood ? before.champion : RULES_VERSION;
    const lost = { champion, ...keptOnHold(await traffic()), hold: true, by: 'backend' };
    await writeNumbered(lost, 'restore', { kvWasLost: true });
  };

  const exists = (pointer: Pointer): Promise<boolean> =>
    Promise.all(versionsInPointer(pointer).map((version) => versions.load(version))).then(
      () => true,
      (error: unknown) => {
        if (error instanceof ApiError && error.status === 404) return false;
        throw error;
      },
    );

  /** @returns the pointer with the current traffic; undefined where it has that and a revision already, or is held. */
  const withCurrentTraffic = async (): Promise<Pointer | undefined> => {
    const live = await readLive(store);
    if (live === undefined) return undefined;
    // Who made the champion live stays in the pointer; who changed the traffic is in the audit log.
    const {
      champion,
      by: promotedBy,
      arms,
      layers,
      shadow,
      apprentice,
      slateRules,
      hold,
      revision,
    } = live.pointer;
    const now = await traffic();
    const by = promotedBy !== undefined && { by: promotedBy };
    // A pointer that was written by hand says nothing of whose order is shown, and means nothing by that.
    if (hold === true)
      return JSON.stringify([apprentice, slateRules]) ===
        JSON.stringify([now.apprentice, now.slateRules])
        ? undefined
        : { champion, ...keptOnHold(now), hold, ...by };
    // Compared as KV holds them: as JSON. One without a revision is from before there were any, and gets one.
    return revision !== undefined &&
      JSON.stringify([arms, layers, shadow, apprentice, slateRules]) ===
        JSON.stringify([now.arms, now.layers, now.shadow, now.apprentice, now.slateRules])
      ? undefined
      : { champion, ...now, ...by };
  };

  const refreshTraffic = (by: string) =>
    inTurn(async () => {
      if ((await withCurrentTraffic()) === undefined) return;
      await alone(async () => {
        await compareAndRestore();
        const pointer = await withCurrentTraffic();
        if (pointer !== undefined) await writeNumbered(pointer, 'change traffic', { actor: by });
      });
    });

  const reconcile = async () => {
    const found = await inTurn(async () => {
      const first = await compare();
      if (first === 'absent') await alone(compareAndRestore);
      // Somebody may have named a version by hand that was deleted from KV as superseded.
      const live = await readLive(store);
      const needed = live === undefined ? [] : versionsInPointer(live.pointer);
      for (const version of await publisher.unpublished(needed))
        await publisher.publishVersion(version);
      return first;
    });
    // A write to KV whose answer was lost has arrived all the same; the change that asked for it was undone meanwhile.
    if (found === 'moved') await refreshTraffic('backend');
  };

  return {
    promote: (version, by) =>
      inTurn(async () => {
        await versions.load(version);
        // Publishing may take a while, and no other backend may move the pointer within `alone`.
        await publisher.publishVersion(version);
        await alone(async () => {
          await compareAndRestore();
          const live = await readLive(store);
          if (live?.pointer.hold === true) {
            throw new ApiError(
              409,
              'on_hold',
              `${live.pointer.champion} is held since ${new Date(live.pointer.at ?? (await movedAt(store, live))).toISOString()} (by ${live.pointer.by ?? 'hand'}), so ${version} stays stored: release first`,
            );
          }
          await writeNumbered({ champion: version, ...(await traffic()), by }, 'promote');
        });
      }),

    rollback: (version, by) =>
      inTurn(async () => {
        await versions.load(version);
        await publisher.publishVersion(version);
        await alone(async () => {
          await compareAndRestore();
          const kept = keptOnHold(await traffic());
          if (Object.keys(kept).length > 0)
            return writeNumbered({ champion: version, ...kept, hold: true, by }, 'rollback');
          // The bare id, which ops write by hand too: every reader of the pointer treats both alike.
          await write({ champion: version, hold: true, by, at: nowMs() }, version, 'rollback');
        });
      }),

    async release(by) {
      // A move by hand may not have been recorded yet.
      await reconcile();
      await deps.beforeRelease();
      await inTurn(() =>
        alone(async () => {
          await compareAndRestore();
          const live = await readLive(store);
          if (live?.pointer.hold !== true)
            throw new ApiError(409, 'not_held', 'nothing is held: there is nothing to release');
          const { champion } = live.pointer;
          await versions.load(champion);
          await writeNumbered({ champion, ...(await traffic()), by }, 'release');
        }),
      );
    },

    refreshTraffic,
    reconcile,
  };
}
