import { asc } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { decisions } from '../../backend/store/tables.ts';
import type { Item } from '../../shared/domain/item.ts';
import { parseLoggedRelated } from '../../shared/domain/related.ts';
import { parseRankRequest, type RankRequest } from '../../shared/domain/rank-request.ts';
import { liveHash, parseSnapshotPointer } from '../../shared/domain/pointer.ts';
import { patchFromBytes } from '../../shared/format/patch-bytes.ts';
import { patched } from '../../shared/format/patched.ts';
import { snapshotFromBytes } from '../../shared/format/snapshot-bytes.ts';
import { scorerFromBytes } from '../../shared/format/scorer-bytes.ts';
import type { RankableTable } from '../../shared/score/rankable.ts';
import { rankable } from '../../shared/score/rankable.ts';
import type { Scorer } from '../../shared/score/scorer.ts';
import type { WithParts } from './client.ts';

type Row = typeof decisions.$inferSelect;

/** A decision as the backend keeps it, its blobs read. */
export interface StoredDecision extends Omit<Row, 'units' | 'propensities' | 'codes' | 'request'> {
  readonly units: Int32Array;
  readonly propensities: Float64Array;
  readonly codes: Uint8Array;
  readonly request: RankRequest;
}

/** In the order in which training reads them. */
export async function storedDecisions(db: LibSQLDatabase): Promise<StoredDecision[]> {
  const rows = await db
    .select()
    .from(decisions)
    .orderBy(asc(decisions.at), asc(decisions.rankingId));
  return rows.map((row) => ({
    ...row,
    units: new Int32Array(copyOf(row.units)),
    propensities: new Float64Array(copyOf(row.propensities)),
    codes: new Uint8Array(row.codes),
    request: requestOf(row),
  }));
}

/** A buffer of its own: what libSQL gives need not start where numbers may. */
const copyOf = (blob: Uint8Array) => new Uint8Array(blob).buffer;

/** What KV is read through. */
type WithKv = Pick<WithParts, 'edge' | 'keys'>;

/** The scorer that KV has under a version. */
export const scorerInKv = async (system: WithKv, version: string): Promise<Scorer> =>
  scorerFromBytes(await fromKv(system, `WEIGHTS/w/${version}`));

/** The snapshot that KV has under a hash, as a whole or, of the live one, in patches. */
export async function snapshotInKv(system: WithKv, hash: string): Promise<RankableTable> {
  const pointer = parseSnapshotPointer(
    new TextDecoder().decode(await fromKv(system, 'CATALOGUE/active')),
  )!;
  const { patches = [], hash: base } = liveHash(pointer) === hash ? pointer : { hash };
  const read = await Promise.all(
    patches.map(async (patch) =>
      patchFromBytes(await fromKv(system, `CATALOGUE/p/${patch.hash}/0`)),
    ),
  );
  const whole = snapshotFromBytes(await fromKv(system, `CATALOGUE/s/${base}/0`));
  return rankable(patched(whole, read).table);
}

async function fromKv({ edge, keys }: WithKv, key: string) {
  const { status, bytes, text } = await edge.ask(`/v1/kv/${key}`, { key: keys.secretKey });
  if (status !== 200) throw new Error(`KV ${key} was answered ${status}: ${text}`);
  return bytes;
}

/** Items in the flat form in which they travel, as the domain has them. */
export const asItem = ({ id, ...attributes }: { readonly id: string }): Item =>
  ({ id, attributes }) as unknown as Item;

/** What no consent allowed is not in the log. */
function requestOf({ sessionId, request }: Row): RankRequest {
  const { history, recent, related, ...others } = JSON.parse(request) as Record<string, unknown>;
  const asked = parseRankRequest({
    sessionId,
    consent: 'personalise',
    recent: history ?? recent,
    ...others,
  });
  return related === undefined ? asked : { ...asked, related: parseLoggedRelated(related) };
}
