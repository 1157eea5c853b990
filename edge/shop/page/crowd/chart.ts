import { svg } from '../dom.ts';
import { rateOf, STEP, type Step } from './tally.ts';

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [320, 130, 34, 18];

/**
 * Click-through step by step, a line of another colour for each that ranked, and a dashed one where the rules stood.
 * @param label what it shows, for those who do not see it.
 */
export function chart(
  steps: readonly Step[],
  rules: number | undefined,
  label: string,
  share: (value: number) => string,
): SVGElement {
  const whole = steps.filter(({ rankings }) => rankings >= STEP);
  const most = Math.max(0.2, ...whole.map(rateOf), rules ?? 0);
  const top = Math.ceil(most * 10) / 10;
  const x = (i: number) => LEFT + (i * (WIDTH - LEFT - 6)) / Math.max(1, whole.length - 1);
  const y = (rate: number) => 8 + (1 - rate / top) * (HEIGHT - BOTTOM - 8);
  const names = [...new Set(whole.map(({ by }) => by))];
  const line = (name: string, k: number) => {
    const points = whole.flatMap((step, i) =>
      step.by === name || (i > 0 && whole[i - 1].by === name && step.by !== name)
        ? [`${x(i).toFixed(1)},${y(rateOf(step)).toFixed(1)}`]
        : [],
    );
    return svg('polyline', { points: points.join(' '), class: `line c${k % 4}` });
  };
  return svg(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': label, class: 'chart' },
    [0, top / 2, top].flatMap((rate) => [
      svg('line', { x1: LEFT, x2: WIDTH, y1: y(rate), y2: y(rate), class: 'grid' }),
      svg('text', { x: LEFT - 5, y: y(rate) + 4, 'text-anchor': 'end' }, share(rate)),
    ]),
    rules !== undefined &&
      svg('line', { x1: LEFT, x2: WIDTH, y1: y(rules), y2: y(rules), class: 'rules' }),
    names.map(line),
    whole.map((step, i) =>
      svg('circle', {
        cx: x(i).toFixed(1),
        cy: y(rateOf(step)).toFixed(1),
        r: whole.length > 40 ? 1.5 : 2.6,
        class: `dot c${names.indexOf(step.by) % 4}`,
      }),
    ),
  );
}
