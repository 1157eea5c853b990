import { shown } from '../../../shared/domain/shown.ts';
import { counted, facts, moment, table } from '../../../shared/text/text.ts';
import { backendClient, json, segment } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import type { Answer } from '../../http/answers.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

type PastRanking = Answer<'/v1/rankings/:rankingId'>;

export const showDecisionVerb = () =>
  backendVerb('show', 'a past ranking: each point explained, and whether it can be drawn again')
    .argument('<rankingId>', 'as /v1/rank answered it')
    .action(async (rankingId: string, options: VerbOptions) => {
      const client = backendClient(options);
      const found = await json(
        client.rankings[':rankingId'].$get({ param: { rankingId: segment(rankingId) } }),
      );
      print(found, () => pastRankingText(found), options);
    });

export const pastRankingText = (found: PastRanking): string =>
  [
    facts([
      ['ranking', found.rankingId],
      ['at', moment(found.at)],
      [
        'by',
        `${found.weights}${found.delta === 0 ? '' : `, with deltas ${found.delta}`}${found.degraded ? ', degraded' : ''}`,
      ],
      ['catalogue', found.snapshot === '' ? 'none' : found.snapshot],
      ['placement', `${found.placement}, consent ${found.consent}`],
      ['market', marketText(found)],
      ['arms', found.arm ?? 'none'],
      ['slate rules', rulesText(found)],
      ['page', pageText(found)],
      ['seed', String(found.seed)],
      ['rebuilt', rebuiltText(found.rebuilt)],
    ]),
    table(
      ['slot', 'item', 'points', 'chance', 'because'],
      found.items.map(({ position, id, score, boost, pinned, propensity, reasons }) => [
        position,
        id,
        String(score),
        propensity.toPrecision(4),
        [
          ...(pinned ? ['pinned here'] : []),
          ...(boost === 0 ? [] : [`boosted by ${signed(boost)}, not in its points`]),
          ...reasons.map(
            ({ feature, because, points }) => `${feature} ${because} ${signed(points)}`,
          ),
        ].join('; '),
      ]),
    ),
    ...(found.events.length === 0
      ? ['No feedback on it has arrived.']
      : [
          table(
            ['feedback', 'item', 'at', 'value', 'counts'],
            found.events.map(({ type, itemId, at, value, fault }) => [
              type,
              itemId,
              moment(at),
              value === null ? null : String(value),
              fault ?? 'yes',
            ]),
          ),
        ]),
  ].join('\n\n');

/** A page may write anything into its context, control characters included. */
function marketText({ request: { context, currency } }: PastRanking): string | null {
  const { market } = (context ?? {}) as { readonly market?: unknown };
  const said = [
    ...(market === undefined ? [] : [shown(market)]),
    ...(currency === undefined ? [] : [`amounts asked for in ${shown(currency)}`]),
  ];
  return said.length === 0 ? null : said.join(', ');
}

/** Which rules those were stands in the request as it was logged (`--json`). */
function rulesText({ isRestricted, items }: PastRanking): string {
  const boosted = items.filter(({ boost }) => boost !== 0).length;
  const said = [
    ...(isRestricted ? ['caps, quotas or pins restricted what could stand in a slot'] : []),
    ...(boosted === 0 ? [] : [`boosts moved ${counted(boosted, 'item')} of it`]),
  ];
  return said.length === 0 ? 'none that decided anything' : said.join('; ');
}

const pageText = ({ pageOffset, firstPage }: PastRanking): string =>
  pageOffset === null
    ? 'the first'
    : `after ${counted(pageOffset, 'item')}${firstPage === null ? '' : ` of the list that ${firstPage} began`}`;

function rebuiltText(rebuilt: PastRanking['rebuilt']): string {
  if (rebuilt.kind === 'impossible') return `not possible: ${rebuilt.why}`;
  return rebuilt.kind === 'same'
    ? 'the same slate, bit for bit'
    : `differs in ${rebuilt.in.join(', ')}`;
}

const signed = (points: number) => `${points > 0 ? '+' : ''}${Number(points.toFixed(2))}`;
