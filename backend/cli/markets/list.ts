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
              ? 'The catalogue has no markets: markets of the configuration names them.'
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
            facts([
              ['shown in', column === null ? 'all items everywhere' : `by column ${column}`],
              ['that list none', column === null ? null : unlisted],
              ['exchange rates', rates === null ? 'none' : `of ${rates.day}, base ${rates.base}`],
              [
                'for one',
                rates === null
                  ? null
                  : Object.entries(rates.perBase)
                      .map(([code, rate]) => `${rate} ${code}`)
                      .join(', '),
              ],
              ['from', source],
              ['last asked', askedAt === null ? null : moment(askedAt)],
              ['refused', problem],
            ]),
          ].join('\n'),
        options,
      );
    },
  );
