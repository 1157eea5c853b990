import { expect, it } from 'vitest';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import { parseItem } from '../../../shared/domain/item.ts';
import { catalogueTable } from '../../../shared/features/catalogue-table.ts';
import { encodeRequest } from '../../../shared/features/encode.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { compileScores } from '../../../shared/score/additive.ts';
import { rankable } from '../../../shared/score/rankable.ts';
import { TopK } from '../../../shared/score/top-k.ts';
import { searchByKernel } from '../../../shared/score/scan-program.ts';
import { topRows } from '../../../shared/score/top-rows.ts';
import { additiveFromPoints } from '../../../shared/score/scorer.ts';

it('a catalogue is searched by the kernel in a Worker, too, as it is in TypeScript', () => {
  const count = 5000;
  const items = Array.from({ length: count }, (_, i) =>
    parseItem({
      id: `trip-${String(i).padStart(4, '0')}`,
      themes: ['hiking', 'food', 'beach'].filter((_theme, bit) => ((i >> bit) & 1) === 1),
      price: 500 + ((i * 37) % 900),
      durationDays: 3 + (i % 20),
      status: ['open', 'full'][i % 2],
      continent: ['Africa', 'Asia', 'Europe'][i % 3],
      country: `country-${i % 50}`,
    }),
  );
  const rules = { version: RULES_VERSION, name: 'rules' };
  const scorer = additiveFromPoints(smarttrip, smarttrip.rules, rules);
  const { table, rows, blocks } = rankable(catalogueTable(smarttrip, items));
  for (let i = 0; i < 20; i++) {
    const preferences = { themes: ['food'], budget: 500 + 50 * i, countries: [`country-${i}`] };
    const visit = { preferences, context: {}, recent: [] };
    const encoded = encodeRequest(smarttrip, table, rows, visit, 0);
    const tables = compileScores(scorer, encoded, 0);
    const top = new TopK(30);
    expect(searchByKernel(tables, count, blocks!, top)).toBe(true);
    expect(top.sorted()).toEqual(topRows(tables, count, { ...blocks!, memory: undefined }, 30));
  }
});
