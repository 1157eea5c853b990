import { facts, moment, table } from '../../../shared/text/text.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const listMarketsVerb = () =>
  backendVerb('list', 'the markets of the catalogue, and the exchange rates in force').action(
    async (options: VerbOptions) => {
      const answer = await json(backendClient(options).markets.$get());
      const { markets, rates, column, unlisted, source, askedAt, problem } = answer;
      const names = Object.keys(markets);
      print(
        answer,
        () =>
          [
            names.length === 0
              ? 'The catalogue has no markets: "markets" of trimtab.config.ts names them (docs/markets.md).'
              : table(
                  ['market', 'currency', 'language', 'own prices'],
                  names.map((name) => [
                    name === answer.default ? `${name} (default)` : name,
                    markets[name].currency,
                    markets[name].language,
                    Object.values(markets[name].prices ?? {}).join(', ') || null,
                  ]),
                ),
            '',
            facts(
              [
                [
                  'items',
                  names.length === 0
                    ? null
                    : column === null
                      ? 'all are shown in every market'
                      : `are shown in the markets that column ${column} lists; those that list none ${unlisted}`,
                ] as const,
                ['exchange rates', rates === null ? 'none' : `of ${rates.day}`] as const,
                [
                  `1 ${rates?.base} is`,
                  rates === null
                    ? null
                    : Object.entries(rates.perBase)
                        .map(([code, rate]) => `${rate} ${code}`)
                        .join(', '),
                ] as const,
                ['they come from', source] as const,
                ['last read', askedAt === null ? null : moment(askedAt)] as const,
                ['refused', problem] as const,
              ].filter(([, value]) => value !== null && value !== undefined),
            ),
          ].join('\n'),
        options,
      );
    },
  );
