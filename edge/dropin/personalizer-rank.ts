import { ApiError, invalid } from '../../shared/domain/errors.ts';
import type { ItemId } from '../../shared/domain/ids.ts';
import { shown } from '../../shared/domain/shown.ts';
import { unknownFields } from '../../shared/domain/unknown-fields.ts';
import { sha256Hex } from '../../shared/hash/sha256.ts';
import { readSizedJson } from '../http/read-body.ts';
import { firstSlotChancesOf } from '../rank/draw-slate.ts';
import { callerOf, MAX_BODY_BYTES } from '../rank/handle-rank.ts';
import { candidateOf, nestedFeatures, visitOf } from './given-features.ts';
import { keptUnder } from './kept-rankings.ts';
import { checkServer, type Handler } from './only-servers.ts';
import { rankAndKeep } from './rank-and-keep.ts';

/** As Personalizer takes them. */
export const MAX_ACTIONS = 50;
const MAX_EVENT_ID_CHARACTERS = 256;
const FIELDS: ReadonlySet<string> = new Set([
  'contextFeatures',
  'actions',
  'excludedActions',
  'eventId',
  'deferActivation',
]);
const ACTION_FIELDS: ReadonlySet<string> = new Set(['id', 'features']);

/**
 * `POST /personalizer/v1.0/rank`, as Azure documents it: 201 with the action to show and the probability of each. One action
 * is shown, so the decision is of a slate of one.
 */
export const handlePersonalizerRank: Handler = async (request, isolate, ctx) => {
  const caller = await callerOf(request, isolate, ctx);
  checkServer(caller.role);
  const { body, characters } = await readSizedJson(request, MAX_BODY_BYTES);
  const given = objectOf(body, 'the body');
  unknownFields(given, FIELDS);
  const { scorer } = await isolate.weights.get(ctx, caller.cell, Date.now());
  const eventId = eventIdOf(given.eventId ?? crypto.randomUUID());
  const deferActivation = given.deferActivation ?? false;
  if (typeof deferActivation !== 'boolean')
    throw invalid(`deferActivation must be true or false, but was ${shown(deferActivation)}`);
  const actions = actionsOf(given.actions);
  const excluded = excludedOf(given.excludedActions, actions);
  const answer = await rankAndKeep(
    {
      caller,
      characters,
      isDeferred: deferActivation,
      body: {
        // An event is all that the protocol knows of a visit. What could be a person's is not told to anybody.
        sessionId: `personalizer-${sha256Hex(eventId).slice(0, 40)}`,
        ...visitOf(
          nestedFeatures(given.contextFeatures, 'contextFeatures'),
          scorer.schema,
          'contextFeatures',
        ),
        candidates: actions,
        exclude: [...excluded],
        limit: 1,
      },
      answerOf({ items: [best] }, { input, request: asked, options, keepsOrder }) {
        if (best === undefined)
          throw new ApiError(
            400,
            'nothing_to_show',
            'none of the actions may be shown: all are excluded, or filters of the schema leave none',
          );
        const chances = keepsOrder
          ? new Map([[best.id, 1]])
          : firstSlotChancesOf(input.config, input.table, asked, options);
        return JSON.stringify({
          ranking: rankingOf(
            actions.map(({ id }) => id),
            excluded,
            chances,
            best.id,
          ),
          eventId,
          rewardActionId: best.id,
        });
      },
    },
    keptUnder('personalizer', eventId, isolate),
    isolate,
    ctx,
  );
  return new Response(answer, { status: 201, headers: { 'content-type': 'application/json' } });
};

/** @throws ApiError 400, also for a lone surrogate: no address can name it, and different ids would be kept as the same one. */
export function eventIdOf(value: unknown): string {
  const fits =
    typeof value === 'string' && value.length > 0 && value.length <= MAX_EVENT_ID_CHARACTERS;
  if (fits && value.isWellFormed()) return value;
  throw invalid(
    `eventId must be a text of 1 to ${MAX_EVENT_ID_CHARACTERS} characters, but was ${shown(value)}`,
  );
}

function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw invalid(`${what} must be a JSON object, but was ${shown(value)}`);
}

function actionsOf(value: unknown): { readonly id: string }[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_ACTIONS)
    throw invalid(`actions must be a list of 1 to ${MAX_ACTIONS} actions`);
  return value.map((one: unknown, i) => {
    const action = objectOf(one, `actions[${i}]`);
    unknownFields(action, ACTION_FIELDS);
    if (typeof action.id !== 'string')
      throw invalid(`actions[${i}].id must be a text, but was ${shown(action.id)}`);
    const what = `actions[${i}].features`;
    return candidateOf(action.id, nestedFeatures(action.features, what), what) as { id: string };
  });
}

function excludedOf(value: unknown, actions: readonly { readonly id: string }[]): Set<string> {
  const list = value ?? [];
  if (!Array.isArray(list) || list.length > MAX_ACTIONS)
    throw invalid(`excludedActions must be a list of at most ${MAX_ACTIONS} ids of actions`);
  const known = new Set(actions.map(({ id }) => id));
  for (const id of list as unknown[])
    if (typeof id !== 'string' || !known.has(id))
      throw invalid(`excludedActions: there is no action ${shown(id)}`);
  return new Set(list as string[]);
}

/**
 * The action to show first, then the others, the likelier ones first. Those that are excluded stay where they stood in the request, with
 * a probability of 0.
 */
function rankingOf(
  ids: readonly string[],
  excluded: ReadonlySet<string>,
  chances: ReadonlyMap<ItemId, number>,
  best: string,
) {
  const chanceOf = (id: string) => (excluded.has(id) ? 0 : (chances.get(id as ItemId) ?? 0));
  const others = ids
    .filter((id) => id !== best && !excluded.has(id))
    .toSorted((a, b) => chanceOf(b) - chanceOf(a));
  const order = [best, ...others];
  return ids.map((own) => {
    const id = excluded.has(own) ? own : order.shift()!;
    return { id, probability: chanceOf(id) };
  });
}
