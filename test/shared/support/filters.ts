import * as fc from 'fast-check';
import type { Filter } from '../../../shared/domain/filter.ts';

/** Random filters over the columns of random schemas (`arbitrary.ts`): with values that items have, and with some that none has. */
const word = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'nowhere');
const someWords = fc.uniqueArray(word, { minLength: 1, maxLength: 3 });
const number = fc.constantFrom(-3, -1, 0, 0.1, 0.2, 0.3, 1.1, 3, 7, 7.7, 12, 20, 99);
const moment = fc.oneof(
  fc.integer({ min: -6, max: 41 }).map((days) => Date.UTC(2026, 5, 1 + days)),
  fc.constantFrom('2026-05-31', '2026-06-01', '2026-06-08', '2026-06-08T12:00:00Z', '2026-07-04'),
);

const ranges = <T>(
  column: fc.Arbitrary<string>,
  bound: fc.Arbitrary<T>,
  ms: (value: T) => number,
) =>
  fc
    .record({ column, from: fc.option(bound), to: fc.option(bound) })
    .filter(({ from, to }) => from !== null || to !== null)
    .map(({ column: name, from, to }) => {
      const isSwapped = from !== null && to !== null && ms(from) > ms(to);
      const [low, high] = isSwapped ? [to, from] : [from, to];
      return {
        column: name,
        ...(low !== null && { from: low }),
        ...(high !== null && { to: high }),
      };
    });

const textColumn = fc.constantFrom('word', 'set', 'path', 'outer', 'inner', 'single');
const numberColumn = fc.constantFrom('number1', 'number2');
const conditions = fc.oneof(
  { weight: 3, arbitrary: fc.record({ column: textColumn, in: someWords }) },
  { weight: 1, arbitrary: fc.record({ column: fc.constant('set'), allOf: someWords }) },
  {
    weight: 1,
    arbitrary: fc.record({
      column: numberColumn,
      in: fc.uniqueArray(number, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 2, arbitrary: ranges(numberColumn, number, Number) },
  {
    weight: 2,
    arbitrary: ranges(fc.constant('date'), moment, (value) =>
      typeof value === 'number' ? value : Date.parse(value),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      column: fc.oneof(textColumn, numberColumn, fc.constant('date')),
      known: fc.boolean(),
    }),
  },
);

export const filters: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 4, depthSize: 'small', withCrossShrink: true },
    { weight: 3, arbitrary: conditions },
    {
      weight: 1,
      arbitrary: fc.record({ all: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ any: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }) }),
    },
    { weight: 1, arbitrary: fc.record({ not: tie('filter') }) },
  ) as fc.Arbitrary<Filter>,
})).filter;
