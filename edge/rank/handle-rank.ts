import { ApiError } from '../../shared/domain/errors.ts';
import { exposuresToText, type Exposure } from '../../shared/domain/experiment.ts';
import { parseRankingId, parseVersion, type Version } from '../../shared/domain/ids.ts';
import { parseRankRequest } from '../../shared/domain/rank-request.ts';
import { signToken } from '../../shared/domain/token.ts';
import { cellOf } from '../cell.ts';
import { answer } from '../http/answer.ts';
import { authorize } from '../http/authorize.ts';
import { readJson } from '../http/read-body.ts';
import type { Isolate } from '../isolate.ts';
import { contestOf } from './contest.ts';
import { drawSlateOf } from './draw.ts';
import { exposuresOf } from './exposures.ts';
import { explainedItemsOf, itemsOf } from './items-of.ts';
import { shadowOf } from './shadow.ts';

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
  const { serving, snapshot, degraded } = contest;
  const { scorer, delta } = serving.weights;
  const { version } = scorer;
  const seed = crypto.getRandomValues(new Uint32Array(1))[0];
  const drawn = drawSlateOf(serving, contest.table, asked, { seed, nowMs });
  const { slate, exploration, teams } = drawn;
  const exposures = exposuresOf(contest, drawn, asked, { seed, nowMs });
  const arm = exposuresToText(exposures);
  const { sessionId, userId, limit } = asked;
  const rankingId = parseRankingId(crypto.randomUUID());
  const token = signToken(
    {
      rankingId,
      sessionId,
      ...(userId && { userId }),
      ...(arm && { arm }),
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
      ...(arm && { arm }),
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
      ...(teams && { teams }),
    },
    { asked, shadow: shadowOf(contest, asked, { seed, nowMs }) },
    ctx,
  );
  const items = asked.explain ? explainedItemsOf(drawn, serving) : itemsOf(drawn);
  return answer(
    { rankingId, weights: version, snapshot, ...shownArms(exposures), degraded, items, token },
    200,
    {
      'x-trimtab-weights': version,
      'x-trimtab-snapshot': snapshot,
      'access-control-expose-headers': 'x-trimtab-weights, x-trimtab-snapshot',
    },
  );
}

/** The first that the ranking was exposed to, and all where there are several. */
const shownArms = (exposures: readonly Exposure[]) => ({
  ...exposures[0],
  ...(exposures.length > 1 && { exposures }),
});

function pinnedVersion(header: string | null, allowed: boolean): Version | undefined {
  if (header === null) return undefined;
  if (allowed) return parseVersion(header);
  throw new ApiError(403, 'forbidden', `${PIN_HEADER} needs a secret key`);
}
