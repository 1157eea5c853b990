import { seededRandom } from '../../../../../../shared/explore/random.ts';

/** Rows of the shape of the Hillstrom MineThatData e-mail test, with effects of our own. */
export function emailTest(rows: number, seed: number): string {
  const random = seededRandom(seed);
  const among = <T>(values: readonly T[]) => values[Math.floor(random() * values.length)];
  const lines = [
    'recency,history_segment,history,mens,womens,zip_code,newbie,channel,segment,visit,conversion,spend',
  ];
  for (let row = 0; row < rows; row++) {
    const history = 30 + 1500 * random() ** 4;
    const bands = [100, 200, 350, 500, 750, 1000];
    const band = bands.findIndex((top) => history < top);
    const segment = among(['Mens E-Mail', 'Womens E-Mail', 'No E-Mail']);
    const mens = random() < 0.55 ? 1 : 0;
    const lift = segment === 'No E-Mail' ? 0 : segment === 'Mens E-Mail' ? 0.08 : 0.05;
    const visit = random() < 0.1 + lift + history / 20_000 ? 1 : 0;
    const conversion = visit === 1 && random() < 0.07 ? 1 : 0;
    const spend = conversion === 1 ? (30 + 180 * random()).toFixed(2) : '0';
    lines.push(
      [
        1 + Math.floor(12 * random()),
        band < 0
          ? '"7) $1,000 +"'
          : `${band + 1}) $${band === 0 ? 0 : bands[band - 1]} - $${bands[band]}`,
        history.toFixed(2),
        mens,
        1 - mens,
        among(['Surburban', 'Rural', 'Urban']),
        random() < 0.5 ? 1 : 0,
        among(['Phone', 'Web', 'Multichannel']),
        segment,
        visit,
        conversion,
        spend,
      ].join(','),
    );
  }
  return `${lines.join('\n')}\n`;
}

/** Rows of the shape of the Cookie Cats A/B test: rounds with a long tail, and one absurd player. */
export function gameTest(rows: number, seed: number): string {
  const random = seededRandom(seed);
  const lines = ['userid,version,sum_gamerounds,retention_1,retention_7'];
  for (let row = 0; row < rows; row++) {
    const version = random() < 0.5 ? 'gate_30' : 'gate_40';
    const rounds = row === 7 ? 49_854 : Math.floor(20 * (-Math.log(1 - random())) ** 2);
    const first = random() < Math.min(0.9, 0.2 + rounds / 150);
    const week = random() < Math.min(0.9, 0.02 + rounds / 400 + (first ? 0.15 : 0));
    const said = (yes: boolean) => (yes ? 'True' : 'False');
    lines.push([116 + row * 3, version, rounds, said(first), said(week)].join(','));
  }
  return `${lines.join('\r\n')}\r\n`;
}
