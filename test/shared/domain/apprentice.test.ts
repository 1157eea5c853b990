import { expect, test } from 'vitest';
import { apprenticeshipAt, type Apprenticeships } from '../../../shared/domain/apprentice.ts';
import { parsePlacement } from '../../../shared/domain/placement.ts';

const at = (all: Apprenticeships | undefined, placement: string) =>
  apprenticeshipAt(all, parsePlacement(placement));
const everywhere = { share: 0, change: 1 };
const home = { share: 1, change: 2 };

test('a placement has its own setting, else that of everywhere', () => {
  expect(at({ '*': everywhere, home }, 'home')).toBe(home);
  expect(at({ '*': everywhere, home }, 'search')).toBe(everywhere);
  expect(at({ home }, 'search')).toBeUndefined();
  expect(at(undefined, 'search')).toBeUndefined();
});

test('a placement that is named as what every object has is none of its own', () => {
  expect(at({ home }, 'constructor')).toBeUndefined();
  expect(at({ '*': everywhere }, 'constructor')).toBe(everywhere);
});
