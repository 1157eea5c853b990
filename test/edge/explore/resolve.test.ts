import { expect, it } from 'vitest';
import { parsePointer } from '../../../shared/domain/pointer.ts';
import type { Visitor } from '../../../shared/explore/assign.ts';
import { resolve, type Resolved } from '../../../shared/explore/resolve.ts';
// As text: workerd has no files to read, and the cases lie outside this project's sources.
import text from '../../golden/resolve.json?raw';

const golden = JSON.parse(text) as {
  pointers: Record<string, unknown>;
  cases: { pointer: string; visitor: Visitor; expected: Resolved }[];
};

it.each(golden.cases)(
  'workerd, too, serves $visitor as $expected by pointer $pointer',
  ({ pointer: name, visitor, expected }) => {
    const written = golden.pointers[name];
    const pointer = parsePointer(typeof written === 'string' ? written : JSON.stringify(written));
    expect(resolve(pointer!, visitor)).toEqual(expected);
  },
);
