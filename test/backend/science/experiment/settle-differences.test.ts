import { expect, test } from 'vitest';
import { analyseExperiment } from '../../../../backend/science/experiment/analyse.ts';
import { reportText } from '../../../../backend/science/experiment/report-text.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { armStatistics, experimentOf, METRICS, sessions } from './simulated-experiment.ts';
import { times } from './draws.ts';

test('effects that differ between segments by chance alone are hardly ever shown, however many attributes there are', () => {
  const random = seededRandom(121);
  const [RUNS, DIMENSIONS] = [60, 10];
  const shown = { once: 0, settled: 0 };
  for (let run = 0; run < RUNS; run++) {
    const segments = times(DIMENSIONS, (dimension) =>
      ['a', 'b'].flatMap((value) =>
        ['control', 'treatment'].map((arm) => ({
          ...armStatistics(arm, sessions(500, random)),
          dimension: `d${dimension}`,
          value,
        })),
      ),
    ).flat();
    const whole = experimentOf([[sessions(1000, random), sessions(1000, random)]]);
    const report = analyseExperiment({ ...whole, segments }, { minimumPerArm: 500 });
    const found = report.comparisons[0].segments.flatMap(({ heterogeneity }) =>
      heterogeneity.kind === 'heterogeneity' ? [heterogeneity] : [],
    );
    expect(found).toHaveLength(DIMENSIONS * METRICS.length);
    shown.once += Number(found.some(({ pValue }) => pValue < 0.01));
    shown.settled += Number(reportText(report).includes('effects differ by'));
  }
  expect(shown.once / RUNS).toBeGreaterThan(0.15);
  expect(shown.settled / RUNS).toBeLessThan(0.05);
});
