import { SITE_ARM } from '../../shared/domain/apprentice.ts';
import { ApiError } from '../../shared/domain/errors.ts';
import { exposuresToText, type Exposure } from '../../shared/domain/experiment.ts';
import { parseRankingId, parseVersion, type Version } from '../../shared/domain/ids.ts';
import { checkSameList, listAsked } from '../../shared/domain/list-asked.ts';
import { parseRankRequest, type RankRequest } from '../../shared/domain/rank-request.ts';
import type { Span } from '../../shared/trace/spans.ts';
import { signToken } from '../../shared/domain/token.ts';
import { allowedRows } from '../../shared/score/filter/allowed-rows.ts';
import { filterReport } from '../../shared/score/filter/filter-report.ts';
import { historyRead } from '../../shared/features/history-read.ts';
import type { AnsweredItem } from '../../shared/score/answered-item.ts';
import { beginNewest, goOnWith, newest } from '../../shared/memory/newest.ts';
import type { RankAnswer } from '../../shared/score/rank-answer.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { Phases } from '../platform/phases.ts';
import type { Role } from '../platform/settings.ts';
import { authorize, type Guarded } from '../http/authorize.ts';
import { requestsFor, type RateLimited } from '../http/rate-limits.ts';
import { readSizedJson } from '../http/read-body.ts';
import { cellOf } from '../platform/cell.ts';
import { drawSlateWith, type DrawOptions } from './draw-slate.ts';
import { exposuresOf } from './exposures.ts';
import { holdoutExposureOf } from './held-out.ts';
import { warningsOf } from './misunderstandings.ts';
import { itemSourceOf } from './item-source.ts';
import type { DecisionLog } from '../collect/decision-log.ts';
import type { RankState } from './rank-state.ts';
import { rankingInputOf, type RankingInput } from './ranking-input.ts';
import { explainedResponseItems, responseItems } from './response-items.ts';
import { cursorOf, nextCursor } from './paging.ts';
import { withNeighbours } from './with-neighbours.ts';
import { withRules } from './with-rules.ts';
import { ruleReport } from '../../shared/score/slate-rules/rule-report.ts';
import { speechOf, withAmounts } from './speech-of.ts';
import { shadowScoringOf } from './shadow-scoring.ts';
import { championsSlateOf, isComparable, keepSiteOrder } from './site-order.ts';
import { inputUnderLoad } from './under-load.ts';
import { visitorOf } from './visitor.ts';

/** A decision holds the request, and must fit into one row of the event log (2 MB). */
export const MAX_BODY_BYTES = 1024 * 1024;
const PIN_HEADER = 'x-trimtab-version';

/** `POST /v1/rank`: draws a slate, logs the decision after the response, and signs the token for its feedback. */
export async function handleRank(
  request: Request,
  state: RankState & Guarded & RateLimited,
  ctx: ExecutionContext,
  trace?: Span,
): Promise<Response> {
  const { rateLimits } = state;
  const phases = trace && new Phases(trace);
  phases?.next('rank parse');
  const caller = await callerOf(request, state, ctx);
  const { body, characters } = await readSizedJson(request, MAX_BODY_BYTES);
  const counted = requestsFor({ characters });
  if (counted > 1) await rateLimits.checkCaller('rank', request, caller.role, counted - 1);
  const asked = { ...caller, counted, nowMs: Date.now(), trace, phases };
  const answer = await rankOnce(body, asked, state, ctx);
  newest.answer = [caller, asked, answer];
  const headers = state.rankHeaders.of(answer.weights, answer.snapshot);
  const response = new Response(JSON.stringify(answer), { headers });
  phases?.end();
  return response;
}

/** Who asks for a ranking, and from where. */
export interface Caller {
  readonly role: Role;
  /** The version that is asked for by name. */
  readonly pinned: Version | undefined;
  /** See `cellOf`. */
  readonly cell: () => string;
}

/** Also counts the request as one of its key and address. @throws ApiError 401, 403, 429 or 503. */
export async function callerOf(
  request: Request,
  state: Guarded & RateLimited,
  ctx: ExecutionContext,
): Promise<Caller> {
  const checked = authorize(request, state, 'rank', ctx);
  // Keys of the configuration are known at once: nothing waits for a promise then.
  const role = typeof checked === 'string' ? checked : await checked;
  await state.rateLimits.checkCaller('rank', request, role);
  const pinned = pinnedVersion(request.headers.get(PIN_HEADER), role === 'secret');
  return { role, pinned, cell: () => cellOf(request) };
}

/** What a ranking reads and where its decision goes: the log, unless somebody else takes it. */
export type RankParts = Omit<RankState, 'decisions'> &
  RateLimited & { readonly decisions: Pick<DecisionLog, 'add' | 'isFarBehind'> };

/** How a slate was drawn, for who has to say more of it than the answer does. */
export interface Drawing {
  readonly input: RankingInput;
  /** With all rules that hold. */
  readonly request: RankRequest;
  readonly options: DrawOptions;
  /** Whether the site's own order was kept, and nothing drawn. */
  readonly keepsOrder: boolean;
}

/**
 * One ranking: draws a slate, logs its decision, signs its token.
 * @param body as it came. @param counted as how many requests it counts against the rate of its session.
 * @param onDrawn is told how, before the decision is logged.
 * @returns the body of the answer. @throws ApiError where it is refused.
 */
export async function rankOnce(
  body: unknown,
  {
    role,
    pinned,
    cell,
    counted,
    nowMs,
    trace,
    phases,
  }: Caller & {
    readonly counted: number;
    readonly nowMs: number;
    readonly trace?: Span | undefined;
    readonly phases?: Phases | undefined;
  },
  state: RankParts,
  ctx: ExecutionContext,
  onDrawn?: (drawing: Drawing) => void,
): Promise<RankAnswer> {
  const own = beginNewest(counted > 1);
  const { settings, rateLimits } = state;
  const asked = parseRankRequest(body, settings.defaultConsent, nowMs);
  state.userProofs.check(asked, role);
  const { assigned, logged } = visitorOf(asked, settings.identity[0]);
  await rateLimits.checkSession('rank', logged.sessionId, role === 'secret' ? 1 : counted);
  phases?.next('rank read');
  const when = { ctx, cell, nowMs };
  const before =
    asked.cursor === undefined ? undefined : cursorOf(asked, asked.cursor, settings, nowMs);
  const all = await rankingInputOf(state, asked, { pinned, visitor: assigned }, when);
  const list = asked.paging && listAsked(asked, all.request, all.trade);
  if (before?.list && list) checkSameList(before.list, list);
  const { full, report } = await withNeighbours(all, state, when);
  const input =
    pinned === undefined && state.decisions.isFarBehind ? await inputUnderLoad(full, state) : full;
  goOnWith(own);
  const { config, snapshot, degraded, pointerRevision, order } = input;
  const keepsOrder = order?.arm === SITE_ARM;
  const { scorer, delta } = config.weights;
  const { version } = scorer;
  const rankRequest = withRules(input.request, before, input, nowMs);
  const seed = before?.seed ?? crypto.getRandomValues(new Uint32Array(1))[0];
  phases?.next('rank score');
  const onPool = phases && (() => phases.next('rank draw'));
  const drawing = { seed, nowMs, pools: state.pools };
  const drawn = keepsOrder
    ? keepSiteOrder(input, rankRequest, nowMs)
    : drawSlateWith(config, input.table, rankRequest, onPool ? { ...drawing, onPool } : drawing);
  onDrawn?.({ input, request: rankRequest, options: drawing, keepsOrder });
  phases?.next('rank answer');
  const { slate, exploration, draft } = drawn;
  trace?.set({
    'trimtab.weights': version,
    'trimtab.items': slate.ids.length,
    'trimtab.degraded': degraded,
  });
  const allowed = allowedRows(input.table, rankRequest);
  // Who did not consent is in no experiment, whatever they are shown.
  const isMeasured = rankRequest.consent !== 'none';
  const compared =
    order?.exposure !== undefined && isComparable(input, rankRequest) ? [order.exposure] : [];
  const exposures = isMeasured
    ? [...exposuresOf(input, drawn, rankRequest, drawing), ...compared]
    : [];
  // Where no version ranks, nothing is compared with what was learned of one.
  const heldOut = isMeasured && !keepsOrder ? holdoutExposureOf(input, drawn) : [];
  const arm = exposuresToText([...exposures, ...heldOut]);
  const { limit, placement, consent } = rankRequest;
  const rankingId = parseRankingId(crypto.randomUUID());
  const token = signToken(
    {
      rankingId,
      placement,
      weights: version,
      snapshot,
      expiresAt: nowMs + settings.tokenTtlMs,
      ...logged,
      ...(arm && { arm }),
      ...(pointerRevision && { pointerRevision }),
    },
    slate.ids,
    settings.tokenSecrets[0],
  );
  newest.ranking = [
    asked,
    assigned,
    logged,
    when,
    all,
    input,
    rankRequest,
    drawing,
    drawn,
    exposures,
  ];
  state.decisions.add(
    {
      rankingId,
      at: nowMs,
      context: { placement, consent },
      itemSource: itemSourceOf(rankRequest.candidates, input.catalogue, role),
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
      ...logged,
      ...(arm && { arm }),
      ...(pointerRevision && { pointerRevision }),
      ...(input.table.learned && { learned: input.table.learned.hash }),
      ...(allowed && { allowed: allowed.count }),
      ...(slate.raises && { raises: slate.raises }),
      ...(slate.boosts && { boosts: slate.boosts }),
      ...(slate.pinned && { pinned: slate.pinned }),
      ...(slate.isRestricted && { isRestricted: true }),
      ...(before && {
        page: { offset: before.shown.length, ...(isMeasured && { of: before.of }) },
      }),
      ...(draft && { teams: draft.teams }),
      ...(keepsOrder && { siteOrder: true }),
    },
    {
      rankRequest: withHistoryRead(scorer.schema, rankRequest),
      scoreShadow: keepsOrder
        ? championsSlateOf(input, rankRequest, { seed, nowMs })
        : shadowScoringOf(input, rankRequest, assigned, drawing),
    },
    ctx,
    trace,
  );
  state.misunderstandings.count(scorer.schema, rankRequest);
  // Pages that rank for visitors would not read them.
  const warnings =
    rankRequest.explain || role === 'secret'
      ? warningsOf(
          scorer.schema,
          { table: input.table.table, catalogue: input.catalogue },
          rankRequest,
        )
      : [];
  const filters = rankRequest.explain
    ? filterReport(input.table, rankRequest, keepsOrder ? [] : scorer.schema.filters, nowMs)
    : undefined;
  const ruled =
    rankRequest.explain && !keepsOrder
      ? ruleReport(input.table, rankRequest, slate, limit)
      : undefined;
  const cursor =
    list && !keepsOrder
      ? nextCursor(rankRequest, { rankingId, seed, ids: slate.ids, before, list }, settings, nowMs)
      : undefined;
  const speech = speechOf(scorer.schema, rankRequest, input.trade);
  const items: readonly AnsweredItem[] = rankRequest.explain
    ? explainedResponseItems(drawn, config, speech)
    : responseItems(drawn);
  const priced =
    speech === undefined ? items : withAmounts(items, input.table, rankRequest, speech);
  return {
    rankingId,
    at: nowMs,
    weights: version,
    snapshot,
    degraded,
    items: priced,
    token,
    ...exposureFields(exposures),
    ...(keepsOrder && { siteOrder: true as const }),
    ...(input.trade?.markets && { market: rankRequest.context.market as string }),
    ...(speech && rankRequest.language !== undefined && { language: speech.language }),
    ...(filters && { filters }),
    ...(ruled && { slateRules: ruled }),
    ...(report && { related: report }),
    ...(before && { page: { offset: before.shown.length, of: before.of } }),
    ...(cursor !== undefined && { cursor }),
    ...(warnings.length > 0 && { warnings }),
  };
}

/** What the log keeps of a visitor's history is what the ranking depends on. */
function withHistoryRead(schema: Schema, request: RankRequest): RankRequest {
  if (request.history === undefined) return request;
  const { history, ...others } = request;
  const read = historyRead(schema, history);
  return { ...others, ...(read && { history: read }) };
}

/** `experiment` and `arm` of the first exposure, and the list of all of them if there are several. */
const exposureFields = (exposures: readonly Exposure[]) => ({
  ...exposures[0],
  ...(exposures.length > 1 && { exposures }),
});

function pinnedVersion(header: string | null, allowed: boolean): Version | undefined {
  if (header === null) return undefined;
  if (allowed) return parseVersion(header);
  throw new ApiError(403, 'forbidden', `${PIN_HEADER} needs a secret key`);
}
