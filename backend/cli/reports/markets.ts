import { count, percent, table } from '../../../shared/text/text.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { positive } from '../command/arguments.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const marketsReportVerb = () =>
  backendVerb('markets', 'what people did with what they were shown, by market')
    .option('--days <n>', 'the last n days, at most 90 (default: 30)', positive)
    .action(async ({ days, ...options }: VerbOptions & { readonly days?: number }) => {
      const query = { by: 'market', ...(days !== undefined && { days: String(days) }) } as const;
      const found = await json(backendClient(options).business.$get({ query }));
      print(
        found,
        () =>
          found.groups.length === 0
            ? 'Nothing was served in these days.'
            : table(
                ['market', 'visitors', 'rankings', 'clicked', 'bookings', 'revenue'],
                found.groups.map(({ group, visitors, sums }) => [
                  group,
                  count(visitors),
                  count(sums.rankings),
                  percent(sums.clicked / sums.rankings, { digits: 1 }),
                  count(sums.bookings),
                  sums.revenue.toFixed(2),
                ]),
              ),
        options,
      );
    });
