import { useEffect, useState } from 'react';
import type { RankedItem, Ranking, RankQuery } from '../types.ts';
import { useTrimtab } from './provider.ts';

export interface RankingOptions {
  /** One that the server made: it is shown at once, and not asked for again until the query changes. */
  readonly initial?: Ranking;
}

export interface UsedRanking {
  /** In the order to show: the candidates' own until there is a ranking, and where none comes in time. */
  readonly items: readonly RankedItem[];
  /** What `items` are of; undefined until there is one. */
  readonly ranking: Ranking | undefined;
  /** Whether an answer is waited for. */
  readonly isRanking: boolean;
  /** Attributes by which an element shows an item of this ranking: impressions and clicks are recorded by them. */
  readonly itemProps: (id: string) => {
    readonly 'data-trimtab-item': string;
    readonly 'data-trimtab-ranking'?: string;
  };
}

/**
 * Ranks when the query changes. What it renders first is the same on the server and at hydration: nothing of the device is known
 * to it then.
 */
export function useRanking(query: RankQuery = {}, { initial }: RankingOptions = {}): UsedRanking {
  const client = useTrimtab();
  // Queries are compared by what they say, as a page makes a new object at each rendering.
  const asked = JSON.stringify(query);
  const [answer, setAnswer] = useState({ asked, ranking: initial });
  const isRanking = answer.asked !== asked || !answer.ranking;
  useEffect(() => {
    if (initial && answer.asked === asked) client.adopt(initial);
    if (!isRanking) return undefined;
    let isCurrent = true;
    const rank = async () => {
      const ranking = await client.rank(JSON.parse(asked) as RankQuery);
      if (isCurrent) setAnswer({ asked, ranking });
    };
    void rank();
    return () => {
      isCurrent = false;
    };
    // What else it reads follows from these.
  }, [client, asked]);
  // Without candidates the page has no order of its own: what it shows stays until there is another ranking.
  const ranking = answer.asked === asked || !query.candidates ? answer.ranking : undefined;
  const rankingId = ranking?.rankingId;
  return {
    items: ranking?.items ?? ownOrder(query),
    ranking,
    isRanking,
    itemProps: (id) => ({
      'data-trimtab-item': id,
      ...(rankingId && { 'data-trimtab-ranking': rankingId }),
    }),
  };
}

const ownOrder = ({ candidates = [] }: RankQuery): RankedItem[] =>
  candidates.map((candidate, i) => ({
    id: typeof candidate === 'string' ? candidate : candidate.id,
    position: i + 1,
  }));
