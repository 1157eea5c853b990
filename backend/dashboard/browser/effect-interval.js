import { svg } from './dom.js';
import { linearScale } from './scale.js';

const WIDTH = 180;
const HEIGHT = 18;
const MARGIN = 6;

/** An effect with its interval around 0: what lies wholly to one side is told apart from nothing. */
export function effectInterval({ low, high, estimate }) {
  const ends = [low, high, estimate].filter(Number.isFinite);
  const most = Math.max(...ends.map(Math.abs), Number.MIN_VALUE);
  const x = linearScale([-most, most], [MARGIN, WIDTH - MARGIN]);
  const within = (value) => x(Math.max(-most, Math.min(most, value)));
  return svg(
    'svg',
    { class: 'interval', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, 'aria-hidden': 'true' },
    line('track', MARGIN, WIDTH - MARGIN),
    svg('line', { class: 'track', x1: x(0), x2: x(0), y1: 2, y2: HEIGHT - 2 }),
    line('range', within(low ?? -most), within(high ?? most)),
    svg('circle', { class: 'mean', cx: x(estimate), cy: HEIGHT / 2, r: 4 }),
  );
}

const line = (name, x1, x2) => svg('line', { class: name, x1, x2, y1: HEIGHT / 2, y2: HEIGHT / 2 });
