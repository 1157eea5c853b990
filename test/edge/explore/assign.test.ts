import { expect, it } from 'vitest';
import type { Layer } from '../../../shared/domain/layer.ts';
import {
  assign,
  hashToUnitInterval,
  type Assignment,
  type Visitor,
} from '../../../shared/explore/assign.ts';
// As text: workerd has no files to read, and the cases lie outside this project's sources.
import text from '../../golden/assign.json?raw';

const golden = JSON.parse(text) as {
  layers: Record<string, Layer>;
  cases: { layer: string; visitor: Visitor; expected: Assignment }[];
};

it.each(golden.cases)(
  'workerd, too, puts $visitor in $expected of $layer',
  ({ layer, visitor, expected }) => {
    expect(assign(golden.layers[layer], visitor)).toEqual(expected);
  },
);

it('workerd, too, takes half of a surrogate pair for U+FFFD', () => {
  expect(hashToUnitInterval('salt', 'arm', 'a\ud83e')).toBe(
    hashToUnitInterval('salt', 'arm', 'a\ufffd'),
  );
});
