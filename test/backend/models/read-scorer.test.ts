import { expect, test } from 'vitest';
import { readScorer } from '../../../backend/models/read-scorer.ts';
import { toBase64Url } from '../../../shared/domain/base64url.ts';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { scorerFromBytes, scorerToBytes } from '../../../shared/format/scorer-bytes.ts';
import { additiveFromPoints, type Scorer } from '../../../shared/score/scorer.ts';
import { flatTrees, randomForest } from '../../oracle/random-rerankers.ts';

const additive = additiveFromPoints(smarttrip, smarttrip.rules, {
  version: RULES_VERSION,
  name: 'from outside',
});
const forest: Scorer = {
  ...additive,
  kind: 'forest',
  rerank: { depth: 200, adds: true },
  trees: flatTrees(randomForest(smarttrip, { trees: 100, leaves: 31, seed: 3 })),
};

test.each([additive, forest])('a scorer is read as what it is, $kind', async (scorer) => {
  const bytes = scorerToBytes(scorer);
  const read = await readScorer(toBase64Url(bytes));
  expect(read).toEqual(scorerFromBytes(bytes));
  expect(scorerToBytes(read)).toEqual(bytes);
});

test('others are answered while a scorer is read', async () => {
  let turns = 0;
  let isOver = false;
  const turn = () => {
    turns++;
    if (!isOver) setImmediate(turn);
  };
  const reading = readScorer(toBase64Url(scorerToBytes(forest))).finally(() => (isOver = true));
  turn();
  await reading;
  // Read in this thread, it would be over before the second.
  expect(turns).toBeGreaterThan(2);
});

test('what is none is refused in words, and the next one is read', async () => {
  const bytes = scorerToBytes(forest);
  bytes[bytes.length - 5] ^= 1;
  const damaged = readScorer(toBase64Url(bytes));
  const next = readScorer(toBase64Url(scorerToBytes(additive)));
  await expect(damaged).rejects.toMatchObject({
    status: 400,
    code: 'invalid_weights',
    message: expect.stringMatching(/\S/),
  });
  await expect(readScorer('AAAA')).rejects.toMatchObject({ status: 400, code: 'invalid_weights' });
  expect(await next).toMatchObject({ kind: 'additive', name: 'from outside' });
});
