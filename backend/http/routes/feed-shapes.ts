import { z } from '@hono/zod-openapi';
import { readFeedStates } from '../../catalogue/feeds/feed-states.ts';
import { epochMs } from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

export const feedShape = z
  .object({
    name: z.string(),
    address: z.string().openapi({ description: 'Without what may be secret in it' }),
    schedule: z.string().openapi({ description: 'A cron pattern, UTC; empty: only on demand' }),
    items: z.number().openapi({ description: 'Items that are its own' }),
    askedAt: epochMs.nullable().openapi({ description: 'Whatever came; null: never' }),
    takenAt: epochMs.nullable().openapi({ description: 'Or found unchanged; null: never' }),
    nextAt: epochMs.nullable(),
    taken: z
      .record(z.string(), z.number())
      .readonly()
      .nullable()
      .openapi({ description: 'What became of its items when they last changed' }),
    problem: z.string().nullable().openapi({ description: 'Why it is refused; null: it is not' }),
    refusedSince: epochMs.nullable(),
  })
  .openapi('Feed');

export const feedAnswers = async ({ store, feeds, nextFeedAt }: Services) =>
  (await readFeedStates(store, feeds.configured)).map((state) => ({
    ...state,
    nextAt: nextFeedAt(state.name),
  }));
