import { badge, empty, h, svg, table } from './dom.js';
import { percent, whole } from './format.js';
import { linearScale } from './scale.js';

const WIDTH = 180;
const HEIGHT = 18;
const MARGIN = 6;

/**
 * Click-through per version with its interval, on one scale, so that overlap can be seen.
 * @param clicks `GET /v1/clicks` @param names version → name @param champion version
 */
export function clicksSection({ versions }, names, champion) {
  if (versions.length === 0) {
    return empty(
      'No rankings in the last 30 days. The curl line that trimtab start prints makes the first.',
    );
  }
  const x = linearScale(rangeOf(versions), [MARGIN, WIDTH - MARGIN]);
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
      row.rate === undefined ? '' : interval(row, x),
    ]),
  );
}

/** All intervals and a little more: what matters is where they lie beside each other, not how far from 0. */
function rangeOf(versions) {
  const known = versions.filter(({ rate }) => rate !== undefined);
  const [low, high] = [
    Math.min(...known.map((row) => row.low)),
    Math.max(...known.map((row) => row.high)),
  ];
  const room = (high - low) / 4;
  return [Math.max(0, low - room), Math.min(1, high + room)];
}

const version = (id, champion) =>
  h(
    'span',
    { class: 'nowrap' },
    h('span', { class: 'mono' }, `${id} `),
    id === champion ? badge('live', 'good') : undefined,
  );

const interval = ({ rate, low, high }, x) =>
  svg(
    'svg',
    { class: 'interval', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, 'aria-hidden': 'true' },
    line('track', MARGIN, WIDTH - MARGIN),
    line('range', x(low), x(high)),
    svg('circle', { class: 'mean', cx: x(rate), cy: HEIGHT / 2, r: 4 }),
  );

const line = (name, x1, x2) => svg('line', { class: name, x1, x2, y1: HEIGHT / 2, y2: HEIGHT / 2 });
