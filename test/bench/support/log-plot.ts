/** A line of a plot: positive values by x, which is positive too. */
export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Panel {
  readonly title: string;
  readonly curves: readonly Curve[];
}

const [WIDTH, HEIGHT, GAP] = [330, 220, 24];
const [LEFT, RIGHT, TOP, BOTTOM] = [52, 22, 34, 30];
const COLUMNS = 2;
const POWERS: Readonly<Record<number, string>> = { 0: '', 3: 'k', 6: 'M', 9: 'G' };

/**
 * Panels of curves on logarithmic axes as an SVG file. Words and lines are of the page's own colours in light and in dark, as
 * `prefers-color-scheme` says; values stand at the points, so that no colour has to be told from another.
 */
export function logPlot(panels: readonly Panel[], xTitle: string): string {
  const rows = Math.ceil(panels.length / COLUMNS);
  const [width, height] = [COLUMNS * WIDTH + GAP, rows * HEIGHT + (rows - 1) * GAP];
  const drawn = panels.map((panel, i) => {
    const x = (i % COLUMNS) * (WIDTH + GAP);
    const y = Math.floor(i / COLUMNS) * (HEIGHT + GAP);
    return `<g transform="translate(${x} ${y})">${panelOf(panel, xTitle)}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${panels.map(({ title }) => title).join('; ')}">
<style>
  svg { font: 11px system-ui, sans-serif; --ink: #1f2328; --faint: #d0d7de; --line: #0969da; --page: #ffffff; }
  @media (prefers-color-scheme: dark) { svg { --ink: #e6edf3; --faint: #3d444d; --line: #58a6ff; --page: #0d1117; } }
  .page { fill: var(--page); } text { fill: var(--ink); } .title { font-weight: 600; font-size: 12px; }
  .grid { stroke: var(--faint); fill: none; } .curve { stroke: var(--line); stroke-width: 2; fill: none; }
  .dashed { stroke-dasharray: 5 4; } .point { fill: var(--line); }
</style>
<rect class="page" width="${width}" height="${height}"/>
${drawn.join('\n')}
</svg>
`;
}

function panelOf({ title, curves }: Panel, xTitle: string): string {
  const all = curves.flatMap(({ points }) => points);
  const xs = powersAround(all.map(([x]) => x));
  const ys = powersAround(all.map(([, y]) => y));
  const place = (power: number, [from, to]: readonly [number, number], low: number, high: number) =>
    low + ((power - from) / (to - from)) * (high - low);
  const atX = (x: number) => place(Math.log10(x), xs, LEFT, WIDTH - RIGHT);
  const atY = (y: number) => place(Math.log10(y), ys, HEIGHT - BOTTOM, TOP);
  const out = [`<text class="title" x="0" y="14">${title}</text>`];
  for (const power of powersIn(xs)) {
    const x = fixed(atX(10 ** power));
    out.push(`<path class="grid" d="M${x} ${TOP}V${HEIGHT - BOTTOM}"/>`);
    out.push(text(x, HEIGHT - BOTTOM + 14, 'middle', short(10 ** power)));
  }
  for (const power of powersIn(ys)) {
    const y = atY(10 ** power);
    out.push(`<path class="grid" d="M${LEFT} ${fixed(y)}H${WIDTH - RIGHT}"/>`);
    out.push(text(LEFT - 6, fixed(y + 4), 'end', short(10 ** power)));
  }
  out.push(text(WIDTH - RIGHT, HEIGHT - 3, 'end', xTitle));
  curves.forEach(({ name, points }, i) => {
    const places = points.map(([x, y]) => [fixed(atX(x)), fixed(atY(y))] as const);
    out.push(
      `<path class="curve${i > 0 ? ' dashed' : ''}" d="M${places.map(([x, y]) => `${x} ${y}`).join('L')}"/>`,
    );
    places.forEach(([x, y], at) => {
      // The greater one above, so that values of curves that cross stay apart.
      const isAbove = curves.every((other) => (other.points[at]?.[1] ?? 0) <= points[at][1]);
      const anchor = at === 0 ? 'start' : at === places.length - 1 ? 'end' : 'middle';
      out.push(`<circle class="point" cx="${x}" cy="${y}" r="3"/>`);
      out.push(text(x, y + (isAbove ? -7 : 15), anchor, short(points[at][1])));
    });
    if (curves.length > 1)
      out.push(
        text(
          WIDTH - RIGHT,
          TOP - 6 - 12 * (curves.length - 1 - i),
          'end',
          `${i > 0 ? '- -' : '—'} ${name}`,
        ),
      );
  });
  return out.join('');
}

const text = (x: number, y: number, anchor: string, words: string): string =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}">${words}</text>`;

const fixed = (value: number): number => Math.round(value * 10) / 10;

/** The powers of ten that values lie between, at least one apart. */
function powersAround(values: readonly number[]): readonly [from: number, to: number] {
  const from = Math.floor(Math.log10(Math.min(...values)));
  return [from, Math.max(from + 1, Math.ceil(Math.log10(Math.max(...values))))];
}

const powersIn = ([from, to]: readonly [number, number]): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** Two digits and a letter for thousands: 4M, 23k, 0.12. */
function short(value: number): string {
  const power = value < 1000 ? 0 : Math.min(9, 3 * Math.floor(Math.log10(value) / 3));
  return `${Number((value / 10 ** power).toPrecision(2))}${POWERS[power]}`;
}
