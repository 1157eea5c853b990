import { ApiError } from '../../shared/domain/errors.ts';
import { RULES_VERSION, type Version } from '../../shared/domain/ids.ts';
import { parsePointer, type Pointer } from '../../shared/domain/pointer.ts';
import { serial } from '../process/serial.ts';
import { whileHolding, type Lease } from '../scheduler/lease.ts';
import type { Store } from '../store/open.ts';
import { MOST_LINEAGES } from '../../shared/domain/lineage.ts';
import type { Placement } from '../../shared/domain/placement.ts';
import { placementsOf, pointerAt } from '../../shared/domain/pointer-at.ts';
import { checkColumns } from './check-columns.ts';
import { adoptPointer } from './adopt-pointer.ts';
import { comparePointer } from './compare-pointer.ts';
import {
  composePointer,
  heldByHand,
  withLineage,
  type LineageState,
  type Traffic,
} from './compose-pointer.ts';
import { movedAt, readLive, type Live } from './live-pointer.ts';
import { lineageAskedFor, noLineage } from './lineage-asked-for.ts';
import type { Publisher } from './publisher.ts';
import { versionsInPointer } from './versions-in-pointer.ts';
import type { Versions } from './versions.ts';
import { pointerWriter } from './write-pointer.ts';

/**
 * The only service that moves the weights pointer, one move at a time among all backends. `by` goes into the audit log.
 */
export interface LivePointerService {
  /**
   * @param placement with a lineage of its own; undefined: the default lineage. So it is of every move.
   * @throws ApiError 409 `on_hold` after a rollback, until released, `other_columns` where the placement's catalogue does not fit;
   * 404 for an unknown version, `no_lineage` for a placement without one of its own.
   */
  promote(version: Version, by: string, placement?: string): Promise<void>;
  /** Everyone gets the version, without arms, and nothing else goes live until released. Other lineages stay as they are. */
  rollback(version: Version, by: string, placement?: string): Promise<void>;
  /** Lifts the hold: the champion stays, and running experiments and rollouts get their arms again. */
  release(by: string, placement?: string): Promise<void>;
  /**
   * Gives a placement a lineage of its own; one that has one stays as it is.
   * @param version it begins with; undefined: what is the champion of the default lineage by then.
   * @throws ApiError 409 `on_hold` while the default lineage is held, `other_columns`, `too_many_lineages`.
   */
  begin(placement: Placement, version: Version | undefined, by: string): Promise<void>;
  /** The placement is of the default lineage from now on. Its versions stay stored. @throws ApiError 404 `no_lineage`. */
  end(placement: string, by: string): Promise<void>;
  /**
   * The same champion with the current traffic: who is in which arm, what is scored in shadow, and where the site's own order is
   * kept, and what operators ask of slates. During a hold only the last two of these.
   */
  refreshTraffic(by: string): Promise<void>;
  /** Makes store and KV agree: records moves by hand, restores what KV lost, publishes versions that are not in KV yet. */
  reconcile(): Promise<void>;
}

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
    const held = heldByHand(isGood ? before : { champion }, live.pointer).placements;
    const lost = composePointer({ champion, hold: true, by: 'backend' }, held, await traffic());
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
    const { champion, by, placements, hold, revision } = live.pointer;
    const state = { champion, ...(hold && { hold }), ...(by !== undefined && { by }) };
    const now = composePointer(state, placements, await traffic());
    // A pointer that was written by hand says nothing of whose order is shown, and means nothing by that.
    const parts = hold === true ? keptParts : trafficParts;
    // Compared as KV holds them: as JSON. One without a revision is from before there were any, and gets one.
    const isSame = JSON.stringify(parts(live.pointer)) === JSON.stringify(parts(now));
    return isSame && (hold === true || revision !== undefined) ? undefined : now;
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

  /** The pointer with another state of a placement's lineage; undefined: it ends. @param subject the version that the audit log names. */
  const writeLineage = async (
    pointer: Pointer,
    placement: string,
    state: LineageState | undefined,
    { action, by, subject }: { action: string; by: string; subject: Version },
  ) => {
    const own = state && { ...state, by, at: nowMs() };
    const lineages = withLineage(pointer.placements, placement, own);
    const next = composePointer(pointer, lineages, await traffic());
    await writeNumbered(next, action, { actor: by, subject, placement });
  };

  /** A move of one lineage. @param change what it becomes. @throws what `change` throws; ApiError 409 `nothing_live`, 404 `no_lineage`. */
  const move = async (
    action: string,
    by: string,
    placement: string | undefined,
    change: (state: LineageState, live: Live) => Promise<LineageState> | LineageState,
  ) => {
    await compareAndRestore();
    const live = await readLive(store);
    if (live === undefined)
      throw new ApiError(409, 'nothing_live', 'nothing is live yet: wait until the edge is up');
    const { pointer } = live;
    const next = await change(lineageAskedFor(pointer, placement), live);
    if (placement !== undefined)
      return writeLineage(pointer, placement, next, { action, by, subject: next.champion });
    const whole = composePointer(next, pointer.placements, await traffic());
    await writeNumbered(whole, action, { actor: by });
  };

  const checkPlaced = async (version: Version, placement: string | undefined, live: Live) => {
    if (placement === undefined) return;
    const main = await versions.load(live.pointer.champion);
    checkColumns((await versions.load(version)).schema, main.schema);
  };

  return {
    promote: (version, by, placement) =>
      inTurn(async () => {
        await versions.load(version);
        // Publishing may take a while, and no other backend may move the pointer within `alone`.
        await publisher.publishVersion(version);
        await alone(() =>
          move('promote', by, placement, async (state, live) => {
            if (state.hold === true) {
              const since = state.at ?? (await movedAt(store, live));
              throw new ApiError(
                409,
                'on_hold',
                `${state.champion} is held${atPlacement(placement)} since ${new Date(since).toISOString()} (by ${state.by ?? 'hand'}), so ${version} stays stored: release first`,
              );
            }
            await checkPlaced(version, placement, live);
            return { champion: version, by };
          }),
        );
      }),

    rollback: (version, by, placement) =>
      inTurn(async () => {
        await versions.load(version);
        await publisher.publishVersion(version);
        await alone(async () => {
          if (placement !== undefined)
            return move('rollback', by, placement, async (_, live) => {
              await checkPlaced(version, placement, live);
              return { champion: version, hold: true };
            });
          await compareAndRestore();
          const placements = (await readLive(store))?.pointer.placements;
          const held = { champion: version, hold: true, by };
          const pointer = composePointer(held, placements, await traffic());
          const { apprentice, slateRules } = pointer;
          if (apprentice ?? slateRules ?? placements) return writeNumbered(pointer, 'rollback');
          // The bare id, which ops write by hand too: every reader of the pointer treats both alike.
          await write({ ...held, at: nowMs() }, version, 'rollback');
        });
      }),

    async release(by, placement) {
      // A move by hand may not have been recorded yet.
      await reconcile();
      await deps.beforeRelease();
      await inTurn(() =>
        alone(() =>
          move('release', by, placement, async ({ champion, hold }) => {
            if (hold !== true)
              throw new ApiError(
                409,
                'not_held',
                `nothing is held${atPlacement(placement)}: there is nothing to release`,
              );
            await versions.load(champion);
            return { champion, by };
          }),
        ),
      );
    },

    begin: (placement, version, by) =>
      inTurn(async () => {
        const before = (await readLive(store))?.pointer;
        if (before !== undefined && pointerAt(before, placement) !== undefined) return;
        if (version !== undefined) await publisher.publishVersion(version);
        await alone(async () => {
          await compareAndRestore();
          const live = await readLive(store);
          if (live === undefined || pointerAt(live.pointer, placement) !== undefined) return;
          const { pointer } = live;
          // Who holds what everybody has, expects that nothing else goes live anywhere.
          if (pointer.hold === true)
            throw new ApiError(
              409,
              'on_hold',
              `${pointer.champion} is held (by ${pointer.by ?? 'hand'}): release first`,
            );
          const first = version ?? pointer.champion;
          await checkPlaced(first, placement, live);
          if (placementsOf(pointer).length >= MOST_LINEAGES)
            throw new ApiError(
              409,
              'too_many_lineages',
              `there are ${MOST_LINEAGES} placements with a lineage of their own, and more are not served: "trimtab placements end" ends one`,
            );
          const about = { action: 'begin placement', by, subject: first };
          await writeLineage(pointer, placement, { champion: first }, about);
        });
      }),

    end: (placement, by) =>
      inTurn(() =>
        alone(async () => {
          await compareAndRestore();
          const pointer = (await readLive(store))?.pointer;
          if (pointer === undefined) throw noLineage(placement);
          const { champion } = lineageAskedFor(pointer, placement);
          const about = { action: 'end placement', by, subject: champion };
          await writeLineage(pointer, placement, undefined, about);
        }),
      ),

    refreshTraffic,
    reconcile,
  };
}

/** The parts of a pointer that a hold of the default lineage leaves as they are, in one order. */
const keptParts = ({ apprentice, slateRules, placements }: Pointer) => [
  apprentice,
  slateRules,
  placements,
];

/** All that a pointer says besides the champion of the default lineage. */
const trafficParts = (pointer: Pointer) => {
  const { arms, layers, placedLayers, shadow } = pointer;
  return [arms, layers, placedLayers, shadow, ...keptParts(pointer)];
};

const atPlacement = (placement: string | undefined): string =>
  placement === undefined ? '' : ` at placement ${placement}`;
