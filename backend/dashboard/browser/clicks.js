import { badge, empty, h, table } from './dom.js';
import { percent, whole } from './format.js';
import { interval, intervalScale, wholeTrack } from './interval.js';

/** @typedef {import('../../http/answers.ts').Clicks} Clicks */

/**
 * Click-through per version with its interval, on one scale, so that overlap can be seen.
 * @param {Clicks} clicks @param {ReadonlyMap<string, string>} names by version
 * @param {string | undefined} champion
 */
export function clicksSection({ versions }, names, champion) {
  if (versions.length === 0) {
    return empty(
      'No rankings in the last 30 days. The curl line that trimtab start prints makes the first one.',
    );
  }
  const x = intervalScale(rangeOf(versions));
  const newestFirst = versions.toSorted((a, b) => (a.version < b.version ? 1 : -1));
  return table(
    [
      { label: 'Version' },
      { label: 'Name' },
      { label: 'Rankings', number: true },
      { label: 'Clicked', number: true },
      { label: 'Click-through', number: true },
      { label: '95 % interval' },
      { label: '' },
    ],
    newestFirst.map((row) => [
      version(row.version, champion),
      names.get(row.version) ?? '–',
      whole(row.rankings),
      whole(row.clicked),
      percent(row.rate),
      h(
        'span',
        { class: 'nowrap' },
        row.rate === undefined ? '–' : `${percent(row.low)} to ${percent(row.high)}`,
      ),
      isKnown(row) ? interval({ ...row, mean: row.rate }, x, wholeTrack()) : '',
    ]),
  );
}

/**
 * All intervals and a little more: they are compared with each other, not with 0.
 * @param {Clicks['versions']} versions @returns {[number, number]}
 */
function rangeOf(versions) {
  const known = versions.filter(isKnown);
  const [low, high] = [
    Math.min(...known.map((row) => row.low)),
    Math.max(...known.map((row) => row.high)),
  ];
  const room = (high - low) / 4;
  return [Math.max(0, low - room), Math.min(1, high + room)];
}

/**
 * Without rankings there is no rate.
 * @template {Clicks['versions'][number]} Row @param {Row} row
 * @returns {row is Row & { rate: number, low: number, high: number }}
 */
const isKnown = (row) => row.rate !== undefined;

/** @param {string} id @param {string | undefined} champion */
const version = (id, champion) =>
  h(
    'span',
    { class: 'nowrap' },
    h('span', { class: 'mono' }, `${id} `),
    id === champion ? badge('live', 'good') : undefined,
  );
