import { ApiError } from '../../shared/domain/errors.ts';
import { parseRankingId, parseVersion, type Version } from '../../shared/domain/ids.ts';
import { parseRankRequest } from '../../shared/domain/rank-request.ts';
import { signToken } from '../../shared/domain/token.ts';
import { explain } from '../../shared/score/explain.ts';
import { rankSlate, type Slate } from '../../shared/score/rank.ts';
import { toPoints, type Scorer } from '../../shared/score/scorer.ts';
import { cellOf } from '../cell.ts';
import { answer } from '../http/answer.ts';
import { authorize } from '../http/authorize.ts';
import { readJson } from '../http/read-body.ts';
import type { Isolate } from '../isolate.ts';
import { contestOf } from './contest.ts';

/** One decision, request included, must fit into one row of the log. */
const MAX_BODY_BYTES = 1024 * 1024;
const PIN_HEADER = 'x-trimtab-version';

/** `POST /v1/rank` */
export async function handleRank(
  request: Request,
  isolate: Isolate,
  ctx: ExecutionContext,
): Promise<Response> {
  const { settings } = isolate;
  const role = authorize(request, settings, 'publishable');
  const pinned = pinnedVersion(request.headers.get(PIN_HEADER), role === 'secret');
  const asked = parseRankRequest(await readJson(request, MAX_BODY_BYTES));
  const nowMs = Date.now();
  const contest = await contestOf(isolate, asked, pinned, { ctx, cell: cellOf(request), nowMs });
  const { scorer, delta, snapshot, degraded } = contest;
  const { exploration, version } = scorer;
  const seed = crypto.getRandomValues(new Uint32Array(1))[0];
  const { sessionId, userId, limit } = asked;
  const slate = rankSlate(scorer, contest.table, asked, { limit, seed, nowMs, exploration });
  const rankingId = parseRankingId(crypto.randomUUID());
  const token = signToken(
    {
      rankingId,
      sessionId,
      ...(userId && { userId }),
      weights: version,
      snapshot,
      itemIds: slate.ids,
      expiresAt: nowMs + settings.tokenTtlMs,
    },
    settings.tokenSecret,
  );
  isolate.decisions.add(
    {
      rankingId,
      at: nowMs,
      sessionId,
      ...(userId && { userId }),
      weights: version,
      delta,
      schemaHash: scorer.schema.hash,
      snapshot,
      degraded,
      seed,
      exploration,
      limit,
      itemIds: slate.ids,
      units: slate.units,
      propensities: slate.propensities,
      codes: slate.codes,
    },
    asked,
    ctx,
  );
  const items = asked.explain ? explained(scorer, slate) : shown(slate);
  return answer({ rankingId, weights: version, snapshot, degraded, items, token }, 200, {
    'x-trimtab-weights': version,
    'x-trimtab-snapshot': snapshot,
    'access-control-expose-headers': 'x-trimtab-weights, x-trimtab-snapshot',
  });
}

const shown = ({ ids, units, propensities }: Slate) =>
  ids.map((id, slot) => ({
    id,
    position: slot + 1,
    score: toPoints(units[slot]),
    propensity: propensities[slot],
  }));

function explained(scorer: Scorer, slate: Slate) {
  const features = scorer.schema.features.length;
  return shown(slate).map((item, slot) =>
    Object.assign(item, {
      reasons: explain(scorer, slate.codes.subarray(slot * features, (slot + 1) * features)),
    }),
  );
}

function pinnedVersion(header: string | null, allowed: boolean): Version | undefined {
  if (header === null) return undefined;
  if (allowed) return parseVersion(header);
  throw new ApiError(403, 'forbidden', `${PIN_HEADER} needs a secret key`);
}
