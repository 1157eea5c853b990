import type { Version } from '../../shared/domain/ids.ts';
import { isPlacement } from '../../shared/domain/placement.ts';
import { readLiveAt } from '../models/live-pointer.ts';
import type { Kv } from '../models/edge-kv.ts';
import { threadOnDemand } from '../process/thread.ts';
import { pastRanking, type PastRanking, type PastRankingDeps } from './past-ranking.ts';
import type { Preview } from './preview.ts';
import type { PreviewWorker } from './preview-worker.ts';
import { readPublished, type Published } from './published.ts';
import { relatedReader, type RelatedReader } from './related-reader.ts';

export interface PreviewAsked {
  readonly request: unknown;
  /** Undefined: the live champion. */
  readonly version: Version | undefined;
  readonly seed: number;
  readonly nowMs: number;
  /** Whether the slate is drawn as the version explores; else it is the best items in order. */
  readonly explore: boolean;
}

export interface RankingRoom {
  preview(asked: PreviewAsked): Promise<Preview>;
  past(rankingId: string): Promise<PastRanking>;
  stop(): Promise<void>;
}

/** The champion of the lineage that a request's placement has of its own; undefined: the default one's. */
async function championAt(
  { store }: Pick<PastRankingDeps, 'store'>,
  request: unknown,
): Promise<Version | undefined> {
  const { placement } = (request ?? {}) as { readonly placement?: unknown };
  if (!isPlacement(placement)) return undefined;
  return (await readLiveAt(store, placement))?.champion;
}

/** What one version ranks from. */
interface RankedFrom {
  readonly published: Published;
  readonly related: RelatedReader;
}

/** What was published stays this long, so that trying requests out does not read it from KV each time. */
const FRESH_MS = 10_000;

/** Rankings for people to look at: made up ones, and those of the log drawn again; on a thread of their own. */
export function rankingRoomOf(
  deps: Omit<PastRankingDeps, 'thread'> & { readonly kv: Pick<Kv, 'get'> },
): RankingRoom {
  const thread = threadOnDemand<PreviewWorker>(new URL('./preview-worker.ts', import.meta.url));
  const known = new Map<string, { readonly at: number; readonly ranked: Promise<RankedFrom> }>();
  const rankedFrom = (version: Version | undefined) => {
    const key = version ?? '';
    const at = performance.now();
    for (const [old, { at: since }] of known) if (at - since > FRESH_MS) known.delete(old);
    const found = known.get(key);
    if (found !== undefined) return found.ranked;
    const ranked = readPublished(deps.kv, version).then((published) => ({
      published,
      related: relatedReader(deps.kv, published),
    }));
    known.set(key, { at, ranked });
    ranked.catch(() => known.delete(key));
    return ranked;
  };
  return {
    async preview({ request, version, ...draw }) {
      const from = await rankedFrom(version ?? (await championAt(deps, request)));
      const found = await from.related.find(request);
      return thread.call((worker) => worker.preview(from.published, request, draw, found));
    },
    past: (rankingId) => pastRanking({ ...deps, thread }, rankingId),
    stop: () => thread.stop(),
  };
}
