import { invalid } from '../../shared/domain/errors.ts';
import { parseMoment } from '../../shared/domain/moment.ts';
import { parsePlacement } from '../../shared/domain/placement.ts';
import { MAX_LIMIT } from '../../shared/domain/rank-request.ts';
import { shown } from '../../shared/domain/shown.ts';
import { sha256Hex } from '../../shared/hash/sha256.ts';
import { readSizedJson } from '../http/read-body.ts';
import { callerOf, MAX_BODY_BYTES } from '../rank/handle-rank.ts';
import { candidateOf, namedFields, visitOf } from './given-features.ts';
import { keptUnder } from './kept-rankings.ts';
import { checkServer, type Handler } from './only-servers.ts';
import { rankAndKeep } from './rank-and-keep.ts';

const MAX_ID_CHARACTERS = 256;

/**
 * `POST /rank/{model}`, as Metarank documents it: 200 with the items in the order to show and their scores. The model names the
 * placement; `?explain=true` tells the points of each feature.
 */
export const handleMetarankRank: Handler = async (request, isolate, ctx) => {
  const startMs = performance.now();
  const caller = await callerOf(request, isolate, ctx);
  checkServer(caller.role);
  const { body, characters } = await readSizedJson(request, MAX_BODY_BYTES);
  const given = (body ?? {}) as Record<string, unknown>;
  const { scorer } = await isolate.weights.get(ctx, caller.cell, Date.now());
  const { pathname, searchParams } = new URL(request.url);
  const id = metarankId(given.id, 'id');
  // The edge's clock says when it is: the ranking is made now.
  parseMoment(given.timestamp, 'timestamp');
  const explain = searchParams.get('explain') === 'true';
  const items = itemsOf(given.items);
  const answer = await rankAndKeep(
    {
      caller,
      characters,
      body: {
        ...visitorOf(given, id),
        placement: parsePlacement(pathname.split('/').at(-1)),
        ...visitOf(namedFields(given.fields, 'fields'), scorer.schema, 'fields'),
        candidates: items,
        limit: items.length,
        explain,
      },
      answerOf: (ranked) =>
        JSON.stringify({
          took: Math.round(performance.now() - startMs),
          items: ranked.items.map((item) => ({
            item: item.id,
            score: item.score,
            ...(item.reasons && {
              features: item.reasons.map(({ feature, points }) => ({
                name: feature,
                value: points,
              })),
            }),
          })),
        }),
    },
    keptUnder('metarank', id, isolate),
    isolate,
    ctx,
  );
  return new Response(answer, { headers: { 'content-type': 'application/json' } });
};

/** @throws ApiError 400, also for a lone surrogate: it has no UTF-8 encoding, so that different ids would be kept as the same one. */
export function metarankId(value: unknown, what: string): string {
  const fits = typeof value === 'string' && value.length > 0 && value.length <= MAX_ID_CHARACTERS;
  if (fits && value.isWellFormed()) return value;
  throw invalid(
    `${what} must be a text of 1 to ${MAX_ID_CHARACTERS} characters, but was ${shown(value)}`,
  );
}

/** Where no session is named, it is one of the user, or of the ranking alone. */
function visitorOf({ session, user }: Record<string, unknown>, id: string): object {
  // A user that is no text is refused where the request is read, and may be nested deeper than can be written.
  const whose = typeof user === 'string' ? user : [id];
  const own = () => `metarank-${sha256Hex(JSON.stringify(whose)).slice(0, 40)}`;
  return {
    sessionId: session ?? own(),
    ...((user ?? undefined) !== undefined && { userId: user }),
  };
}

function itemsOf(value: unknown): object[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_LIMIT)
    throw invalid(`items must be a list of 1 to ${MAX_LIMIT} items`);
  return value.map((one: unknown, i) => {
    const { id, fields, relevancy, label } = (one ?? {}) as Record<string, unknown>;
    const what = `items[${i}]`;
    if ((label ?? undefined) !== undefined)
      throw invalid(
        `${what}.label is not understood: judgements of relevance are not learned from`,
      );
    const features = new Map(namedFields(fields, `${what}.fields`));
    // As Metarank wrote it before there were fields of items.
    if (relevancy !== undefined && relevancy !== null && !features.has('relevancy'))
      features.set('relevancy', relevancy);
    return candidateOf(id, features, what);
  });
}
