import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { pointsPerRow } from '../../../../backend/science/learn/score-set.ts';
import { finalUnits } from '../../../../shared/score/rerank.ts';
import { toPoints } from '../../../../shared/score/scorer.ts';
import { codesFor, schemas, scorersFor } from '../../../shared/support/arbitrary.ts';
import { fuzz, SEED } from '../../../shared/support/seed.ts';

it(`every row of a set has the points of its codes alone, by any kind of scorer (seed ${SEED})`, () => {
  const cases = schemas.chain((schema) =>
    fc.tuple(
      scorersFor(schema),
      fc.array(codesFor(schema), { minLength: 1, maxLength: 300 }),
      fc.nat(2),
    ),
  );
  fuzz(cases, ([scorer, items, more]) => {
    const rows = items.length;
    const features = scorer.schema.features.length + more;
    const codes = new Uint8Array(features * rows).fill(9);
    items.forEach((own, row) =>
      own.forEach((code, feature) => (codes[feature * rows + row] = code)),
    );
    expect(Array.from(pointsPerRow(scorer, { rows, features, codes }))).toEqual(
      items.map((own) => toPoints(finalUnits(scorer, own))),
    );
  });
});
