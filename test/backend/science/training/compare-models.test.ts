import { describe, expect, test } from 'vitest';
import { cpuDevice } from '../../../../backend/device/cpu/cpu-device.ts';
import {
  compareModels,
  type ComparisonStage,
  type ModelComparison,
} from '../../../../backend/science/training/compare-models.ts';
import {
  comparisonReportMarkdown,
  comparisonReportText,
} from '../../../../backend/science/training/comparison-report-text.ts';
import { trivagoSchema } from '../../../../backend/replay/policies.ts';
import { readTrivago } from '../../../../backend/replay/read-trivago.ts';
import { searchesOf } from '../../../../backend/replay/trivago-searches.ts';
import {
  packTrainingSet,
  type TrainingSet,
} from '../../../../backend/science/learn/training-set.ts';
import { RULES_VERSION } from '../../../../shared/domain/ids.ts';
import { codesOf, encodeRequest, indexRows } from '../../../../shared/features/encode.ts';
import { packItems } from '../../../../shared/features/columns/item-table.ts';
import { parseSchema, type Schema } from '../../../../shared/features/schema.ts';
import { additiveFromPoints } from '../../../../shared/score/scorer.ts';
import { needsShared, sharedFile } from '../../../support/shared-data.ts';
import { likedSlates, parent } from '../evaluation/importance/support/liked.ts';

/** A clock that moves by a second whenever it is read. */
const ticking = () => {
  let at = 0;
  return () => (at += 1000);
};

test('folds: every slate is judged by models that saw nothing of its session', async () => {
  const set = likedSlates(240, 8);
  const stages: ComparisonStage[] = [];
  const report = await compareModels(set, {
    parent,
    learners: ['forest'],
    folds: 3,
    device: cpuDevice(),
    nowMs: ticking(),
    onStage: (stage) => stages.push(stage),
  });
  expect(stages).toEqual(
    ['additive', 'forest'].flatMap((learner) => [0, 1, 2, 3].map((fold) => ({ learner, fold }))),
  );
  const [additive, forest] = report.models;
  expect(report).toMatchObject({ folds: 3, split: { trainSlates: 192, testSlates: 48 } });
  expect([additive.learningMs, forest.learningMs]).toEqual([1000, 1000]);
  expect(additive.folds!.evaluation.slates).toBe(240);
  expect(additive.evaluation.slates).toBe(48);
  // Random order is 0.51 on slates of eight with one click.
  expect(additive.folds!.evaluation.measures.ndcg10!.low).toBeGreaterThan(0.65);
  expect(forest.folds!.evaluation.measures.ndcg10!.low).toBeGreaterThan(0.6);
  expect(additive.againstAdditive).toBeUndefined();
  const { ndcg10 } = forest.folds!.againstAdditive!;
  expect(ndcg10.kind === 'compared' && ndcg10.mean).toBeCloseTo(
    forest.folds!.evaluation.measures.ndcg10!.mean -
      additive.folds!.evaluation.measures.ndcg10!.mean,
    9,
  );
  expect(comparisonReportText(report)).toContain('Cross-validation, 3 folds by visitor');
});

/** Each session has its own sign for what it clicks: who saw the session knows all, who did not knows nothing. */
function secretSigns(sessions: number): { set: TrainingSet; schema: Schema } {
  const schema = parseSchema({
    name: 'signs',
    columns: [],
    features: [
      {
        name: 'sign',
        kind: 'context',
        key: 'sign',
        edges: Array.from({ length: 2 * sessions }, (_, i) => i + 1),
      },
    ],
    training: { position: 'given', l2: 0.01 },
  });
  const slates = Array.from({ length: sessions * 4 }, (_, slate) => {
    const [session, clicked] = [slate % sessions, slate % 7];
    return {
      at: slate,
      sessionId: `session ${session}`,
      codes: Uint8Array.from(
        { length: 7 },
        (__, slot) => 1 + 2 * session + Number(slot === clicked),
      ),
      reward: Float64Array.from({ length: 7 }, (__, slot) => Number(slot === clicked)),
    };
  });
  return { set: packTrainingSet(schema, slates), schema };
}

test('what only the session itself tells helps later slates of it, and no fold', async () => {
  const { set, schema } = secretSigns(40);
  const report = await compareModels(set, {
    parent: additiveFromPoints(schema, {}, { version: RULES_VERSION, name: 'rules' }),
    learners: ['additive'],
    folds: 4,
    device: cpuDevice(),
    nowMs: ticking(),
  });
  const [{ evaluation, folds }] = report.models;
  expect(evaluation.measures.mrr!.mean).toBeGreaterThan(0.95);
  // Random order of seven: (1 + 1/2 + … + 1/7) / 7 = 0.37.
  expect(folds!.evaluation.measures.mrr!.mean).toBeLessThan(0.5);
});

test('a learner that makes no scorer is told apart from one that makes a bad one', async () => {
  const cpu = cpuDevice();
  const report = await compareModels(likedSlates(16, 3), {
    parent,
    learners: ['forest'],
    // A forest that does not fit into memory.
    device: {
      ...cpu,
      run: (work, goesOn) =>
        cpu.run((kernels) => {
          const forest = () => {
            throw new RangeError('out of memory');
          };
          return work({ ...kernels, forest });
        }, goesOn),
    },
    nowMs: ticking(),
  });
  expect(report.models.map(({ learner }) => learner)).toEqual(['additive']);
  expect(report.failures).toEqual([{ learner: 'forest', message: 'out of memory' }]);
  expect(comparisonReportText(report)).toMatch(/Made no scorer\n\nlearner +because\nforest +out/);
});

test('where boosting has nothing to split, its first pass is compared, and the report says so', async () => {
  // Trees need 50 rows in a leaf.
  const report = await compareModels(likedSlates(16, 3), {
    parent,
    learners: ['boosted'],
    device: cpuDevice(),
    nowMs: ticking(),
  });
  expect(report.failures).toEqual([]);
  const [additive, boosted] = report.models;
  expect(boosted).toMatchObject({ learner: 'boosted', rounds: 0 });
  expect(boosted.evaluation).toEqual(additive.evaluation);
  expect(comparisonReportText(report)).toMatch(
    /Without a re-ranker\n\nlearner +because\nboosted +the boosted learner finds nothing to split on/,
  );
});

const FILE = 'data/trivago/sessions.csv.gz';
const SEARCHES = 1500;

function trivagoSet(): TrainingSet {
  const schema = trivagoSchema();
  const searches = searchesOf(readTrivago(sharedFile(FILE))).slice(0, SEARCHES);
  const slates = searches.map((search) => {
    const table = packItems(schema.columns, search.candidates, true);
    const visit = { ...search, preferences: {} };
    const encoded = encodeRequest(schema, table, indexRows(table), visit, search.at);
    return {
      at: search.at,
      sessionId: `${search.userId}/${search.sessionId}`,
      codes: codesOf(
        encoded,
        table.ids.map((_, row) => row),
      ),
      reward: Float64Array.from(table.ids, (id) => Number(id === search.clicked)),
    };
  });
  return packTrainingSet(schema, slates);
}

const { absent, why } = needsShared(FILE);

describe.skipIf(absent)(`the real searches${why}`, () => {
  test('all learners on one split, as a value, for a terminal and as Markdown', async () => {
    const schema = trivagoSchema();
    const report = await compareModels(trivagoSet(), {
      parent: additiveFromPoints(schema, schema.rules, { version: RULES_VERSION, name: 'rules' }),
      learners: ['boosted', 'forest', 'mlp'],
      explainedRows: 24,
      permutedSlates: 60,
      dependenceRows: 24,
      device: cpuDevice(),
      nowMs: () => performance.now(),
    });
    expect(report.models.map(({ learner }) => learner)).toEqual([
      'additive',
      'boosted',
      'forest',
      'mlp',
    ]);
    for (const { evaluation, artifact, importance, learner } of report.models) {
      expect(evaluation.slates).toBe(SEARCHES / 5);
      // As shown is 0.45 and last viewed first 0.58 over all searches.
      expect(evaluation.measures.mrr!.mean, learner).toBeGreaterThan(0.55);
      expect(artifact).toMatchObject({ sizeBytes: expect.any(Number) });
      const best = importance.features.toSorted((a, b) => b.shap.raw - a.shap.raw).slice(0, 12);
      expect(best.map(({ feature }) => feature).join(), learner).toMatch(/view|recency/);
    }
    const shown = report.dependence.find(({ feature }) => feature === 'position')!;
    expect(shown.buckets[1]).toMatchObject({ label: expect.any(String), rows: expect.any(Number) });
    expect(shown.buckets.reduce((sum, { rows }) => sum + rows, 0)).toBeGreaterThan(20_000);

    const stored = JSON.parse(JSON.stringify(report)) as ModelComparison;
    expect(comparisonReportText(stored)).toBe(comparisonReportText(report));
    expect(comparisonReportText(report)).toMatch(/^Learners on trivago\nLearned from 1,200 slates/);
    const markdown = comparisonReportMarkdown(report);
    for (const { name } of schema.features) expect(markdown).toContain(`## Mean points by ${name}`);
    const tables = markdown.split('\n').filter((line) => line.startsWith('|'));
    expect(tables.length).toBeGreaterThan(200);
    console.log(comparisonReportText(report).split('\n\nImportance')[0]);
  });
});
