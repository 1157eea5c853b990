import { expect, test } from 'vitest';
import { freeShare } from '../../../backend/experiments/free-share.ts';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import { borrowStore } from '../../support/borrow-store.ts';
import { runningExperiment } from './support/experiment-log.ts';

test('a canary may have whom no experiment of versions holds, and interleaved slates whom none of exploration holds either', async () => {
  const store = await borrowStore();
  try {
    const free = async () => [await freeShare(store), await freeShare(store, 'interleaved')];
    expect(await free()).toEqual([1, 1]);
    await runningExperiment(store, { id: 'same', traffic: 0.5, rangeTo: 0.2 });
    expect(await free()).toEqual([1, 1]);
    const exploration = { temperature: 9, epsilon: 0.1, poolSize: 20 };
    await runningExperiment(store, {
      id: 'explores',
      rangeFrom: 0.2,
      rangeTo: 0.6,
      arms: [
        { name: 'control', weight: 1 },
        { name: 'wider', weight: 1, exploration },
      ],
    });
    expect(await free()).toEqual([1, expect.closeTo(0.6)]);
    await runningExperiment(store, {
      id: 'versions',
      rangeFrom: 0.6,
      arms: [
        { name: 'control', weight: 1 },
        { name: 'other', weight: 1, version: RULES_VERSION },
      ],
    });
    expect(await free()).toEqual([expect.closeTo(0.6), expect.closeTo(0.2)]);
  } finally {
    await store.close();
  }
});
