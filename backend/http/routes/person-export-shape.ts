import { z } from '@hono/zod-openapi';
import { EXPORT_FORMAT, EXPORT_VERSION } from '../../log/retention/export-person.ts';
import { PERSONAL_TABLES } from '../../log/retention/personal-rows.ts';
import { anyObject, epochMs } from '../contract/openapi.ts';

const rows = (description: string) => z.array(anyObject).openapi({ description });

const TABLES: Readonly<Record<(typeof PERSONAL_TABLES)[number], string>> = {
  training_exclusions: 'That somebody left them out of training, and why',
  outcomes: 'Long-term values that name them or are credited to them',
  order_lines: 'What the site said of their orders',
  orders: 'Which of their rankings an order came of',
  late_rankings: 'Rankings that arrived after their day had closed',
  exposures: 'Which arm of which experiment a ranking was exposed to',
  events: 'What was done with what was shown',
  experiment_units: 'What they did in an experiment, in sums',
  metric_units: 'What they did, in sums, until their long-term value is known',
  user_days: 'On which days they were logged in, in which session',
  decisions: 'Rankings: request, consent, context, what was shown, by which version and chance',
  session_days: 'Whether a session counted as a person on a day',
};

/** What `POST /v1/users/export` and `/v1/sessions/export` hand out. */
export const personExport = z
  .object({
    format: z.literal(EXPORT_FORMAT),
    version: z.literal(EXPORT_VERSION),
    createdAt: epochMs,
    about: z.object({ kind: z.enum(['user', 'session']), id: z.string() }),
    waiting: z.object({
      newestEntryAt: epochMs.nullable(),
      note: z.string().openapi({ description: 'What may still wait at the edge' }),
    }),
    tables: z.object(
      Object.fromEntries(
        PERSONAL_TABLES.map((table) => [table, rows(TABLES[table])]),
      ) as unknown as Record<(typeof PERSONAL_TABLES)[number], ReturnType<typeof rows>>,
    ),
    trainingData: rows(
      'Their rankings in the partitions that training reads, each with `partition`',
    ),
    tombstones: z.array(z.object({ kind: z.enum(['user', 'session']), at: epochMs })).openapi({
      description: 'That they were erased: what still arrives of them is dropped',
    }),
    counts: z.record(z.string(), z.number()),
    complete: z.literal(true).openapi({ description: 'The last member' }),
  })
  .openapi('PersonExport');
