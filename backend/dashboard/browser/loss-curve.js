import { svg } from './dom.js';
import { figure } from './format.js';
import { linearScale, ticks } from './scale.js';

const WIDTH = 560;
const HEIGHT = 200;
const PLOT = { left: 48, right: WIDTH - 118, top: 12, bottom: HEIGHT - 26 };

/**
 * Training and validation loss by iteration.
 * @param curve [{iteration, trainLoss, validationLoss?}], oldest first; at least two.
 */
export function lossCurve(curve) {
  const series = [
    { name: 'train', points: pointsOf(curve, 'trainLoss') },
    { name: 'validation', points: pointsOf(curve, 'validationLoss') },
  ].filter(({ points }) => points.length > 1);
  const losses = series.flatMap(({ points }) => points.map(([, loss]) => loss));
  const range = [Math.min(...losses), Math.max(...losses)];
  const x = linearScale([curve[0].iteration, curve.at(-1).iteration], [PLOT.left, PLOT.right]);
  const y = linearScale(range, [PLOT.bottom, PLOT.top]);
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
            `${name} loss from ${figure(points[0][1])} to ${figure(points.at(-1)[1])}`,
        )
        .join(', '),
    },
    ...ticks(...range, 4).map((loss) => horizontalLine(loss, y(loss))),
    ...ticks(curve[0].iteration, curve.at(-1).iteration, 6)
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

const pointsOf = (curve, key) =>
  curve.filter((step) => Number.isFinite(step[key])).map((step) => [step.iteration, step[key]]);

const line = (name, points, x, y) =>
  svg('polyline', {
    class: `line ${name}`,
    points: points
      .map(([iteration, loss]) => `${x(iteration).toFixed(1)},${y(loss).toFixed(1)}`)
      .join(' '),
  });

/** The iteration whose weights were kept: the least validation loss. */
function bestMark(series, x, y) {
  const points = series.find(({ name }) => name === 'validation')?.points ?? [];
  if (points.length === 0) return [];
  const [iteration, loss] = points.reduce((best, point) => (point[1] < best[1] ? point : best));
  return [
    svg(
      'circle',
      { class: 'best', cx: x(iteration), cy: y(loss), r: 4 },
      svg('title', {}, `kept: iteration ${iteration}, validation loss ${figure(loss)}`),
    ),
  ];
}

/** Names the lines at their ends, pushed apart where they would overlap. */
function endLabels(series, y) {
  const labels = series
    .map(({ name, points }) => ({ name, loss: points.at(-1)[1], at: y(points.at(-1)[1]) }))
    .toSorted((a, b) => a.at - b.at);
  for (let i = 1; i < labels.length; i++)
    labels[i].at = Math.max(labels[i].at, labels[i - 1].at + 14);
  return labels;
}

const horizontalLine = (loss, at) =>
  svg(
    'g',
    { class: 'grid' },
    svg('line', { x1: PLOT.left, x2: PLOT.right, y1: at, y2: at }),
    svg('text', { x: PLOT.left - 8, y: at + 4, 'text-anchor': 'end' }, figure(loss)),
  );

const below = (at, iteration) =>
  svg('text', { class: 'tick', x: at, y: HEIGHT - 6, 'text-anchor': 'middle' }, String(iteration));
