import { count, counted, percent, table } from '../../shared/text/text.ts';
import { TOP } from '../science/evaluation/kept-order/agreement.ts';
import type { PairedQuality } from '../science/evaluation/kept-order/order-quality.ts';
import type { Proportion } from '../science/statistics/wilson.ts';
import type { OrderComparison } from './compare-orders.ts';
import type { OrderFigures, Readiness } from './report.ts';
import type { ApprenticeStatus } from './service.ts';
import { settingsText } from './setting-text.ts';

/** Of an apprentice, in sentences. */
export function statusText(status: ApprenticeStatus): string {
  const { settings, rankings, champion, now, all, days, comparisons, readiness } = status;
  const set = settingsText(settings);
  const usual = rankings.all - rankings.kept;
  const kept = `the site's own order was kept in ${count(rankings.kept)} of ${count(rankings.all)} rankings${
    rankings.kept > 0 && usual > 0
      ? ` (the others came before the mode, from sessions that Trimtab ranks for, or without candidates: without them there is no order to keep)`
      : ''
  }.`;
  if (rankings.kept === 0) return [set, kept, ...comparisons.map(comparisonText)].join('\n');
  return [
    set,
    kept,
    '',
    `${champion}, which is live now:`,
    ...figuresText(now),
    '',
    ...(now === all || now.agreement.rankings === all.agreement.rankings
      ? []
      : ['all versions, each on the rankings while it was live:', ...figuresText(all), '']),
    table(
      ['day', 'versions', 'rankings', 'same first item', 'MRR of clicks: site', 'Trimtab'],
      days.map(({ day, versions, agreement, quality }) => [
        day,
        versions.join(' '),
        agreement.rankings,
        rate(agreement.first),
        quality.mrr?.site.toFixed(3),
        quality.mrr?.trimtab.toFixed(3),
      ]),
    ),
    ...(comparisons.length > 0 ? ['', ...comparisons.map(comparisonText)] : []),
    '',
    adviceOn(readiness, status),
  ].join('\n');
}

function figuresText({ agreement, quality, gain }: OrderFigures): string[] {
  const { first, top, correlation, rankings } = agreement;
  return [
    `  of ${counted(rankings, 'ranking')} it puts the same item first in ${rate(first)}, and has the same first ${TOP} in ${rate(top)}${
      correlation === undefined ? '' : `; Kendall's tau ${correlation.mean.toFixed(2)}`
    }.`,
    ...(['mrr', 'ndcg10'] as const).flatMap((name) => {
      const one = quality[name];
      return one === undefined ? [] : [qualityText(name === 'mrr' ? 'MRR' : 'NDCG@10', one)];
    }),
    gain.kind === 'refused'
      ? `  the gain in clicks is not known: ${gain.reason}.`
      : `  by how visitors look at slots, the items shown would have had ${signed(gain.lift.mean)} (95 %: ${signed(gain.lift.low)} to ${signed(gain.lift.high)}) clicks per ranking in Trimtab's order. It is an estimate: it takes a click to depend on the item and on whether its slot is looked at, and leaves out what Trimtab would show from below the ${gain.rankings === 1 ? 'slate' : 'slates'}.`,
  ];
}

const qualityText = (name: string, { site, trimtab, difference }: PairedQuality): string =>
  `  ${name} of the clicked items: ${site.toFixed(3)} in the site's order, ${trimtab.toFixed(3)} in Trimtab's (difference ${difference.mean.toFixed(3)}, 95 %: ${difference.low.toFixed(3)} to ${difference.high.toFixed(3)}). This favours the order that was shown.`;

function comparisonText({ share, site, trimtab, lift, mismatch }: OrderComparison): string {
  const of = ({ clicks, rankings, sessions }: OrderComparison['site']) =>
    `${rankings === 0 ? '0' : (clicks / rankings).toFixed(3)} clicks per ranking (${count(sessions)} sessions)`;
  const found =
    'missing' in lift
      ? lift.missing
      : `${signed(lift.mean)} (always-valid 95 %: ${bound(lift.low)} to ${bound(lift.high)})`;
  return `measured with ${percent(share)} of the sessions ranked by Trimtab: ${of(trimtab)} against ${of(site)} in the site's order: ${found}.${
    mismatch ? ' The sizes of the two do not match that share: nothing of this can be trusted.' : ''
  }`;
}

function adviceOn(readiness: Readiness, { settings }: ApprenticeStatus): string {
  const isOn = settings.some(({ share }) => share === 0);
  const next = isOn
    ? '"trimtab apprentice off --share 0.1" lets it rank for a tenth of the sessions, and measures it'
    : '"trimtab apprentice off" lets it rank for everybody';
  switch (readiness) {
    case 'nothing learned':
      return 'not ready: nothing is learned yet, the rules would rank ("trimtab train").';
    case 'not known':
      return `not known whether it is ready: only visitors can tell. ${next}.`;
    case 'not better':
      return `not ready: the estimate does not exclude that it would gain nothing. ${next}.`;
    case 'ready':
      return `ready, by the estimate: ${next}.`;
    default:
      throw readiness satisfies never;
  }
}

const rate = ({ rate: found, low, high }: Proportion): string =>
  found === undefined ? 'none' : `${percent(found)} (${percent(low!)} to ${percent(high!)})`;

const signed = (share: number): string => percent(share, { digits: 1, signed: true });
const bound = (end: number | null): string => (end === null ? 'no bound' : signed(end));
