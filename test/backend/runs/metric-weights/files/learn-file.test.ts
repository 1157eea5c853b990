import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ArmEffects } from '../../../../../backend/science/metric-weighting/arm-effects.ts';
import type { SignCalls } from '../../../../../backend/science/metric-weighting/backtest.ts';
import type { SurrogateWeights } from '../../../../../backend/science/metric-weighting/learned-weights.ts';
import {
  backtestFile,
  learnFile,
} from '../../../../../backend/runs/metric-weights/files/learn-file.ts';
import { learnText } from '../../../../../backend/cli/metric-weights/learn-text.ts';
import { needsShared, sharedFile } from '../../../../support/shared-data.ts';
import { SIZE, sized } from '../../../../support/size.ts';
import { fileOf } from './support/csv-file.ts';
import { emailTest, gameTest } from './support/public-shapes.ts';

const ASOS = 'data/asos/asos_digital_experiments_dataset.csv.gz';
const SHOPPERS = 'data/online-shoppers/online_shoppers_intention.csv.gz';

/** The worked example as MAPPING.md prints it. */
function documented(name: string): string {
  const page = readFileSync(
    new URL('../../../../../backend/runs/metric-weights/MAPPING.md', import.meta.url),
    'utf8',
  );
  const example = page.split(`\`\`\`json ${name}\n`)[1]?.split('```')[0];
  if (example === undefined) throw new Error(`MAPPING.md has no example ${name}`);
  return fileOf(example, `${name}.json`);
}

/** The public data of these shapes have as many rows as the full size. */
const CUSTOMERS = sized({ small: 24_000, full: 64_000 });
const PLAYERS = sized({ small: 30_000, full: 90_189 });

const surrogate = { method: 'surrogate', seed: 1 } as const;

test(`an e-mail test of ${CUSTOMERS} customers by its documented mapping`, async () => {
  const file = fileOf(emailTest(CUSTOMERS, 1));
  const found = await learnFile(file, { ...surrogate, mapping: documented('hillstrom') });
  const { learned, arms } = found;
  expect(learned.abstains).toBeUndefined();
  expect(learned.weights.find(({ metric }) => metric === 'conversion')!.low).toBeGreaterThan(0.5);
  expect(arms.map(({ arm }) => arm)).toEqual(['Mens E-Mail', 'Womens E-Mail']);
  const mens = arms[0] as ArmEffects;
  expect(mens.effects.find(({ metric }) => metric === 'visit')!.low).toBeGreaterThan(0.1);
  expect(mens.predicted.low).toBeGreaterThan(0);
  expect(mens.observed!.low).toBeLessThan(mens.predicted.high);
  expect(learnText(found)).toContain('Mens E-Mail against the control');
});

test(`a game of ${PLAYERS} players by its documented mapping`, async () => {
  const file = fileOf(gameTest(PLAYERS, 1));
  const { learned, arms } = await learnFile(file, {
    ...surrogate,
    mapping: documented('cookie-cats'),
  });
  expect(learned.units).toBe(PLAYERS);
  expect(learned.abstains).toBeUndefined();
  for (const { low } of learned.weights) expect(low).toBeGreaterThan(0);
  // The gate does nothing in these rows.
  const { predicted } = arms[0] as ArmEffects;
  expect(predicted.low).toBeLessThan(0);
  expect(predicted.high).toBeGreaterThan(0);
});

test('importance of the same files', async () => {
  const file = fileOf(gameTest(4000, 2));
  const found = await learnFile(file, {
    method: 'importance',
    seed: 1,
    by: 'gain',
    model: 'boosted',
    mapping: documented('cookie-cats'),
  });
  expect(found.learned.weights.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
  expect(found.arms).toEqual([]);
  expect(learnText(found)).toContain('neither direction nor cause');
});

test('columns that no built-in mapping knows, a mapping that is not there, one that is no JSON', async () => {
  const file = fileOf('a,b\n1,2\n');
  await expect(learnFile(file, surrogate)).rejects.toThrow(
    'no built-in mapping knows the columns a, b',
  );
  await expect(learnFile(file, { ...surrogate, mapping: '/nowhere.json' })).rejects.toThrow(
    'there is no mapping file /nowhere.json',
  );
  const mapping = fileOf('{', 'broken.json');
  await expect(learnFile(file, { ...surrogate, mapping })).rejects.toThrow('is not JSON');
  await expect(learnFile('/nowhere.csv', surrogate)).rejects.toThrow(
    'there is no file /nowhere.csv',
  );
});

test('a file of units cannot be backtested', async () => {
  const file = fileOf(gameTest(1200, 2));
  await expect(backtestFile(file, documented('cookie-cats'))).rejects.toThrow('one row per unit');
});

const shoppers = needsShared(SHOPPERS);
const asos = needsShared(ASOS);

test.skipIf(shoppers.absent)(`online shoppers${shoppers.why}`, async () => {
  const found = await learnFile(sharedFile(SHOPPERS), surrogate);
  const learned = found.learned as SurrogateWeights;
  expect(learned.units).toBe(12_330);
  expect(learned.abstains).toBeUndefined();
  // Sessions that leave from more pages buy less.
  expect(learned.weights.find(({ metric }) => metric === 'exit rate')!.high).toBeLessThan(0);
  expect(learned.skill!.r2.low).toBeGreaterThan(0);
  expect(learned.skill!.gain.low).toBeGreaterThan(0);
  const text = learnText(found);
  expect(text).toContain('PageValues is left out');
  expect(text).toContain('better than equal weights');
  if (SIZE !== 'small') expect(await learnFile(sharedFile(SHOPPERS), surrogate)).toEqual(found);
});

test.skipIf(asos.absent)(`ASOS experiments${asos.why}`, async () => {
  const found = await learnFile(sharedFile(ASOS), surrogate);
  const learned = found.learned as SurrogateWeights;
  expect(learned.experiments).toBe(56);
  expect(learned.weights).toHaveLength(4);
  expect(learned.skill!.heldOut).toBe(69);
  expect(await learnFile(sharedFile(ASOS), surrogate)).toEqual(found);
  await expect(learnFile(sharedFile(ASOS), { ...surrogate, method: 'importance' })).rejects.toThrow(
    'importance needs one row per unit',
  );
});

test.skipIf(asos.absent)(`the backtest on ASOS experiments${asos.why}`, async () => {
  const { report } = await backtestFile(sharedFile(ASOS));
  if (report.kind === 'not-enough') throw new Error(report.message);
  const told = report.toldApart as SignCalls;
  expect([told.treatments, told.experiments]).toEqual([20, 19]);
  expect(told.adaptive.low).toBeGreaterThan(0.5);
  expect(report.all.treatments).toBe(69);
  expect(report.all.difference.low).toBeLessThanOrEqual(report.all.difference.mean);
});
