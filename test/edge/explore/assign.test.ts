import { expect, it } from 'vitest';
import {
  assign,
  placeOf,
  type Assignment,
  type Layer,
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
  expect(placeOf('salt', 'arm', 'a\ud83e')).toBe(placeOf('salt', 'arm', 'a\ufffd'));
});
