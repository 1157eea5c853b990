import { svg } from './dom.ts';
import { numbersOf } from './numbers-of.ts';
import type { Trip } from './trip.ts';

const [WIDTH, HEIGHT] = [400, 260];

/** Hue of the land, and what stands on it. */
const SCENES: Readonly<Record<string, readonly [hue: number, land: keyof typeof LANDS]>> = {
  adventure: [18, 'peaks'],
  beach: [190, 'sea'],
  city: [262, 'skyline'],
  culture: [338, 'arches'],
  cycling: [88, 'hills'],
  family: [128, 'hills'],
  food: [42, 'hills'],
  hiking: [152, 'peaks'],
  history: [28, 'arches'],
  photography: [282, 'peaks'],
  sailing: [206, 'sea'],
  snow: [214, 'peaks'],
  wellness: [170, 'sea'],
  wildlife: [66, 'trees'],
};

type Draw = (random: () => number, color: (depth: number) => string) => SVGElement[];

/** `depth` is 0 far away and 1 in front. */
const LANDS = {
  peaks: (random, color) =>
    [0.15, 0.5, 0.9].map((depth) => {
      const base = 120 + 70 * depth;
      const points = Array.from({ length: 6 }, (_, i) => {
        const x = (i * WIDTH) / 5 + (random() - 0.5) * 50;
        return `${round(x)},${round(i % 2 === 0 ? base + 30 : base - 40 - random() * 50 * (1.2 - depth))}`;
      });
      return polygon(points, color(depth));
    }),
  hills: (random, color) =>
    [0.1, 0.45, 0.9].map((depth) => wave(150 + 50 * depth, 28, random, color(depth))),
  sea: (random, color) => [
    svg('ellipse', {
      cx: 60 + random() * 280,
      cy: 168,
      rx: 90 + random() * 60,
      ry: 26,
      fill: color(0.1),
    }),
    ...[0.35, 0.6, 0.95].map((depth) => wave(160 + 45 * depth, 7, random, color(depth))),
    ...sail(80 + random() * 240, random),
  ],
  skyline: (random, color) => [
    ...[0.2, 0.55].flatMap((depth) =>
      Array.from({ length: 11 }, (_, i) => {
        const height = 40 + random() * 95 * (1.3 - depth);
        const attributes = { x: i * 38 - 8, width: 30 + random() * 8, height: height + 60 };
        return svg('rect', { ...rounded(attributes), y: round(210 - height), fill: color(depth) });
      }),
    ),
    wave(228, 5, random, color(0.95)),
  ],
  arches: (random, color) => [
    wave(175, 22, random, color(0.15)),
    ...Array.from({ length: 5 }, (_, i) => {
      const [x, top] = [24 + i * 74, 118 + random() * 18];
      const path = `M${x} 230V${round(top)}a27 27 0 0 1 54 0V230h-14V${round(top + 6)}a13 13 0 0 0-26 0V230z`;
      return svg('path', { d: path, fill: color(0.55) });
    }),
    wave(222, 7, random, color(0.95)),
  ],
  trees: (random, color) => [
    wave(178, 18, random, color(0.15)),
    ...Array.from({ length: 6 }, (_, i) => {
      const [x, y, size] = [30 + i * 66 + random() * 24, 165 + random() * 14, 18 + random() * 20];
      return svg(
        'g',
        { fill: color(0.6) },
        svg('rect', rounded({ x: x - 2, y, width: 4, height: 50 })),
        svg('ellipse', rounded({ cx: x, cy: y, rx: size * 1.5, ry: size * 0.7 })),
      );
    }),
    wave(216, 9, random, color(0.95)),
  ],
} satisfies Record<string, Draw>;

/** A picture of a trip, drawn from what it is: its themes choose the land, its season the light, its id the details. */
export function picture({ id, themes = [], departure }: Trip): SVGElement {
  const random = numbersOf(id);
  const [hue, land] = SCENES[themes[0]] ?? [200, 'hills'];
  const tint = hue + (random() - 0.5) * 26;
  const month = new Date(departure ?? 0).getUTCMonth();
  const isSnowy = themes.includes('snow');
  const evening = random();
  const sky = evening > 0.55 ? 28 + random() * 14 : 204 - 3 * Math.abs(6 - month);
  const color = (depth: number) =>
    isSnowy && depth < 0.6
      ? `hsl(${round(tint)} 34% ${round(92 - 22 * depth)}%)`
      : `hsl(${round(tint)} ${round(30 + 16 * depth)}% ${round(66 - 40 * depth)}%)`;
  const [sunX, sunY] = [60 + random() * 280, 50 + random() * 60];
  return svg(
    'svg',
    {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: 'xMidYMid slice',
      'aria-hidden': 'true',
      focusable: 'false',
    },
    [0, 1, 2, 3, 4].map((band) =>
      svg('rect', {
        width: WIDTH,
        height: HEIGHT - band * 34,
        y: band * 34,
        fill: `hsl(${round(sky - band * 2)} ${62 + band * 4}% ${74 + band * 4}%)`,
      }),
    ),
    svg('circle', rounded({ cx: sunX, cy: sunY, r: 44, fill: 'hsl(45 100% 92%)', opacity: 0.35 })),
    svg('circle', rounded({ cx: sunX, cy: sunY, r: 25, fill: 'hsl(45 100% 94%)' })),
    LANDS[land](random, color),
  );
}

/** A band of land or water down to the lower edge. */
function wave(y: number, height: number, random: () => number, fill: string): SVGElement {
  const [a, b, c] = [random(), random(), random()].map((x) => round(y + (x - 0.5) * 2 * height));
  const path = `M0 ${a}C${WIDTH / 4} ${round(a - height)} ${WIDTH / 3} ${round(b + height)} ${WIDTH / 2} ${b}S${WIDTH * 0.8} ${round(c - height)} ${WIDTH} ${c}V${HEIGHT}H0z`;
  return svg('path', { d: path, fill });
}

const sail = (x: number, random: () => number): SVGElement[] => {
  const y = 178 + random() * 12;
  return [
    svg('path', { d: `M${round(x)} ${round(y - 44)}v40h26z`, fill: 'hsl(40 60% 97%)' }),
    svg('path', { d: `M${round(x - 4)} ${round(y - 32)}v28h-16z`, fill: 'hsl(12 70% 62%)' }),
    svg('path', { d: `M${round(x - 26)} ${round(y)}h56l-9 10h-36z`, fill: 'hsl(20 35% 28%)' }),
  ];
};

const polygon = (points: readonly string[], fill: string) =>
  svg('polygon', { points: [`-40,${HEIGHT}`, ...points, `440,${HEIGHT}`].join(' '), fill });

const round = (value: number) => Math.round(value * 10) / 10;
const rounded = (attributes: Readonly<Record<string, number | string>>) =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      typeof value === 'number' ? round(value) : value,
    ]),
  );
