import { parseItemId } from '../../../shared/domain/ids.ts';
import type { FilterReport } from '../../../shared/score/filter/filter-report.ts';
import type { RuleReport } from '../../../shared/score/slate-rules/rule-report.ts';
import { type Isolate, PUBLISHABLE, type Ask } from './edge.ts';

interface RankedItem {
  readonly id: string;
  readonly position: number;
  readonly score: number;
  readonly propensity: number;
  readonly boost?: number;
  readonly pinned?: true;
  readonly reasons?: readonly { feature: string; because: string; points: number }[];
}

/** The answer of `POST /v1/rank`, an error's fields included. */
export interface RankAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly rankingId: string;
  readonly weights: string;
  readonly snapshot: string;
  readonly experiment?: string;
  readonly arm?: string;
  readonly exposures?: readonly { experiment: string; arm: string }[];
  readonly degraded: boolean;
  readonly items: readonly RankedItem[];
  readonly token: string;
  readonly code?: string;
  readonly message?: string;
  readonly siteOrder?: true;
  readonly filters?: FilterReport;
  readonly slateRules?: readonly RuleReport[];
  readonly cursor?: string;
  readonly page?: { readonly offset: number; readonly of: string };
}

export async function rank(
  isolate: Isolate,
  body: Readonly<Record<string, unknown>> = {},
  ask: Ask = {},
): Promise<RankAnswer> {
  const response = await isolate.fetch('/v1/rank', {
    key: PUBLISHABLE,
    body: { sessionId: 'session-1', ...body },
    ...ask,
  });
  const { status, headers } = response;
  return { ...(await response.json<RankAnswer>()), status, headers };
}

/** Many rankings, some at a time: each waits for its log. */
export async function rankAll(
  isolate: Isolate,
  bodies: readonly Readonly<Record<string, unknown>>[],
): Promise<RankAnswer[]> {
  const answers: RankAnswer[] = [];
  for (let from = 0; from < bodies.length; from += 100) {
    const some = bodies.slice(from, from + 100).map((body) => rank(isolate, body));
    answers.push(...(await Promise.all(some)));
  }
  return answers;
}

let events = 0;

/** A click on one item of a ranking, with an id of its own. */
export const clickOn = (
  { rankingId, items, token }: RankAnswer,
  slot = 0,
  fields: Readonly<Record<string, unknown>> = {},
) => ({
  eventId: `event-${++events}`,
  type: 'click',
  rankingId,
  itemId: parseItemId(items[slot]?.id),
  timestamp: Date.now(),
  token,
  ...fields,
});
