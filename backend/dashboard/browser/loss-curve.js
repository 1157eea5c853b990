import { svg } from './dom.js';
import { figure } from './format.js';
import { scaleOf, ticksOf } from './scale.js';

/** @typedef {NonNullable<import('../../http/answers.ts').Run['progress']['curve']>} Curve */
/** @typedef {readonly [iteration: number, loss: number]} Point */
/** @typedef {{ readonly name: string, readonly points: readonly Point[] }} Series */
/** @typedef {(value: number) => number} Scale */

const WIDTH = 560;
const HEIGHT = 200;
const PLOT = { left: 48, right: WIDTH - 118, top: 12, bottom: HEIGHT - 26 };

/**
 * Training and validation loss by iteration.
 * @param {Curve} curve oldest first; at least two.
 */
export function lossCurve(curve) {
  const series = [
    { name: 'train', points: pointsOf(curve, 'trainLoss') },
    { name: 'validation', points: pointsOf(curve, 'validationLoss') },
  ].filter(({ points }) => points.length > 1);
  const losses = series.flatMap(({ points }) => points.map(([, loss]) => loss));
  /** @type {[number, number]} */
  const range = [Math.min(...losses), Math.max(...losses)];
  /** @type {[number, number]} */
  const iterations = [curve[0].iteration, curve[curve.length - 1].iteration];
  const x = scaleOf(iterations, [PLOT.left, PLOT.right]);
  const y = scaleOf(range, [PLOT.bottom, PLOT.top]);
  const ends = endLabels(series, y);
  return svg(
    'svg',
    {
      class: 'chart',
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: 'img',
      'aria-label': series
        .map(
          ({ name, points }) =>
            `${name} loss from ${figure(points[0][1])} to ${figure(last(points)[1])}`,
        )
        .join(', '),
    },
    ...ticksOf(range, 4).map((loss) => horizontalLine(loss, y(loss))),
    ...ticksOf(iterations, 6)
      .filter(Number.isInteger)
      .map((iteration) => below(x(iteration), iteration)),
    ...series.map(({ name, points }) => line(name, points, x, y)),
    ...bestMark(series, x, y),
    ...ends.map(({ name, at, loss }) =>
      svg(
        'text',
        { class: `end ${name}`, x: PLOT.right + 8, y: at + 4 },
        `${name} ${figure(loss)}`,
      ),
    ),
  );
}

/** @param {Curve} curve @param {'trainLoss' | 'validationLoss'} key @returns {Point[]} */
const pointsOf = (curve, key) =>
  curve.flatMap((step) => {
    const loss = step[key];
    return typeof loss === 'number' ? [[step.iteration, loss]] : [];
  });

/** @param {readonly Point[]} points */
const last = (points) => points[points.length - 1];

/** @param {string} name @param {readonly Point[]} points @param {Scale} x @param {Scale} y */
const line = (name, points, x, y) =>
  svg('polyline', {
    class: `line ${name}`,
    points: points
      .map(([iteration, loss]) => `${x(iteration).toFixed(1)},${y(loss).toFixed(1)}`)
      .join(' '),
  });

/** The iteration whose weights are used: the least validation loss. @param {readonly Series[]} series @param {Scale} x @param {Scale} y */
function bestMark(series, x, y) {
  const points = series.find(({ name }) => name === 'validation')?.points ?? [];
  if (points.length === 0) return [];
  const [iteration, loss] = points.reduce((best, point) => (point[1] < best[1] ? point : best));
  return [
    svg(
      'circle',
      { class: 'best', cx: x(iteration), cy: y(loss), r: 4 },
      svg('title', {}, `used: iteration ${iteration}, validation loss ${figure(loss)}`),
    ),
  ];
}

/** Labels at the ends of the lines, moved apart where they would overlap. @param {readonly Series[]} series @param {Scale} y */
function endLabels(series, y) {
  const labels = series
    .map(({ name, points }) => ({ name, loss: last(points)[1], at: y(last(points)[1]) }))
    .toSorted((a, b) => a.at - b.at);
  for (let i = 1; i < labels.length; i++)
    labels[i].at = Math.max(labels[i].at, labels[i - 1].at + 14);
  return labels;
}

/** @param {number} loss @param {number} at */
const horizontalLine = (loss, at) =>
  svg(
    'g',
    { class: 'grid' },
    svg('line', { x1: PLOT.left, x2: PLOT.right, y1: at, y2: at }),
    svg('text', { x: PLOT.left - 8, y: at + 4, 'text-anchor': 'end' }, figure(loss)),
  );

/** @param {number} at @param {number} iteration */
const below = (at, iteration) =>
  svg('text', { class: 'tick', x: at, y: HEIGHT - 6, 'text-anchor': 'middle' }, String(iteration));
