import { describe, expect, it } from 'vitest';
import { FILTER_LIMITS, parseFilter } from '../../../shared/domain/filter.ts';
import { MAX_EXCLUDED, parseRankRequest } from '../../../shared/domain/rank-request.ts';
import { filters } from '../support/filters.ts';
import { fuzz, SEED } from '../support/seed.ts';

const read = (body: object) => parseRankRequest({ sessionId: 's', ...body });
const nested = (levels: number): object =>
  levels === 1 ? { column: 'a', to: 1 } : { not: nested(levels - 1) };

describe(`reading filters (seed ${SEED})`, () => {
  it('reads what it has read as the same, also through JSON', () => {
    fuzz(filters, (filter) => {
      const once = parseFilter(filter);
      expect(parseFilter(once)).toEqual(once);
      expect(JSON.stringify(parseFilter(JSON.parse(JSON.stringify(once))))).toBe(
        JSON.stringify(once),
      );
    });
  });

  it('has one form for what means the same', () => {
    expect(
      JSON.stringify(
        parseFilter({ all: [{ in: ['b', 3, 'a', true, 'b', -0], column: 'cafe\u0301' }] }),
      ),
    ).toBe('{"all":[{"column":"café","in":[0,3,"a","b","true"]}]}');
    expect(read({ exclude: ['b', 7, 'a', 'b'] }).exclude).toEqual(['7', 'a', 'b']);
  });

  it('takes null and an empty list of exclusions for none', () => {
    for (const body of [{}, { filters: null, exclude: null }, { exclude: [] }]) {
      expect(read(body)).not.toHaveProperty('filters');
      expect(read(body)).not.toHaveProperty('exclude');
    }
  });

  it.each<[unknown, string]>([
    ['price < 3', 'filters must be {all: […]}'],
    [[], 'filters must be {all: […]}'],
    [{}, 'filters must be {all: […]}'],
    [{ column: 'price' }, 'filters must be {all: […]}'],
    [{ all: [] }, 'filters.all must be a list that is not empty, but was []'],
    [{ all: [{ any: 3 }] }, 'filters.all[0].any must be a list'],
    [{ all: [{ column: 'a', to: 1 }], any: [] }, 'filters must be {all: […]}'],
    [{ not: null }, 'filters.not must be'],
    [{ column: 'price', fom: 3 }, 'filters has no field "fom": did you mean "from"?'],
    [{ column: 'price', to: 3, because: 1 }, 'has no place for "because"'],
    [{ column: 'price', to: 3, in: [3] }, 'has no place for "to"'],
    [{ column: '', to: 3 }, 'filters.column must be the name of a column, but was ""'],
    [{ column: 3, to: 3 }, 'filters.column must be the name of a column, but was 3'],
    [{ in: ['a'] }, 'filters.column must be the name of a column, but was undefined'],
    [{ column: 'a', in: 'b' }, 'filters.in must be a list that is not empty, but was "b"'],
    [{ column: 'a', in: ['b', ''] }, 'filters.in[1] must be a text of 1 to 256 characters'],
    [{ column: 'a', in: ['b', null] }, 'filters.in[1] must be a text or a finite number'],
    [{ column: 'a', allOf: [3] }, 'filters.allOf[0] must be a text'],
    [{ column: 'a', from: true }, 'filters.from must be a finite number or a date'],
    [{ column: 'a', from: 4, to: 3 }, 'filters must not have a from (4) above its to (3)'],
    [{ column: 'a', known: 'yes' }, 'filters.known must be true or false, but was "yes"'],
    [{ columns: ['a'], within: {} }, 'filters.columns must be the two columns'],
    [{ columns: ['a', 3], within: {} }, 'filters.columns[1] must be the name of a column'],
    [{ columns: ['a', 'b'], within: 3 }, 'filters.within must be {lat, lon, km}, but was 3'],
    [
      { columns: ['a', 'b'], within: { lat: 91, lon: 0, km: 1 } },
      'filters.within.lat must be a number from -90 to 90, but was 91',
    ],
    [{ columns: ['a', 'b'], within: { lat: 1, lon: 0 } }, 'filters.within.km must be a number'],
    [
      { columns: ['a', 'b'], within: { lat: 1, lon: 0, km: 1, miles: 2 } },
      'filters.within must be {lat, lon, km}, and has no place for "miles"',
    ],
    [JSON.parse('{"__proto__": {"all": []}}'), 'has no place for "__proto__"'],
  ])('refuses %j', (given, message) => {
    const attempt = () => read({ filters: given });
    expect(attempt).toThrow(expect.objectContaining({ status: 400, code: 'invalid_request' }));
    expect(attempt).toThrow(message);
  });

  it('takes what is within the limits and refuses one more', () => {
    const { nodes, depth, values, textCharacters } = FILTER_LIMITS;
    const list = (count: number) => Array.from({ length: count }, (_, i) => i);
    const conditions = (count: number) => ({ all: list(count).map((to) => ({ column: 'a', to })) });
    for (const [least, over, message] of [
      [
        conditions(nodes - 1),
        conditions(nodes),
        `filters.all[${nodes - 1}]: filters may have at most ${nodes} conditions`,
      ],
      [
        nested(depth),
        nested(depth + 1),
        `filters${'.not'.repeat(depth)}: filters may be at most ${depth} levels deep`,
      ],
      [
        { column: 'a', in: list(values) },
        {
          any: [
            { column: 'a', in: list(values) },
            { column: 'b', in: [1] },
          ],
        },
        `filters.any[1].in: filters may have at most ${values} values in all`,
      ],
      [
        { column: 'a', in: ['x'.repeat(textCharacters)] },
        { column: 'a', in: ['x'.repeat(textCharacters + 1)] },
        'filters.in[0] must be a text of 1 to 256 characters',
      ],
      [
        { column: 'a', in: list(60).map((i) => `${i}`.padEnd(256)) },
        { column: 'a', in: list(64).map((i) => `${i}`.padEnd(256)) },
        'filters may have at most 16384 characters as JSON',
      ],
    ] as const) {
      expect(() => read({ filters: least })).not.toThrow();
      expect(() => read({ filters: over })).toThrow(message);
    }
    // What can be sent may be nested deeper than a stack is.
    const deep = JSON.parse(`${'{"not":'.repeat(50_000)}{}${'}'.repeat(50_000)}`);
    expect(() => read({ filters: deep })).toThrow('levels deep');
  });

  it('refuses exclusions by their number in the list', () => {
    const ids = Array.from({ length: MAX_EXCLUDED + 1 }, (_, i) => `i${i}`);
    expect(read({ exclude: ids.slice(1) }).exclude).toHaveLength(MAX_EXCLUDED);
    expect(() => read({ exclude: ids })).toThrow(
      `exclude must be a list of at most ${MAX_EXCLUDED} item ids, but was one of ${MAX_EXCLUDED + 1}`,
    );
    expect(() => read({ exclude: 'i1' })).toThrow('exclude must be a list');
    expect(() => read({ exclude: ['i1', 'i 2'] })).toThrow('exclude[1]: item id must be');
  });

  it('takes the misspelt fields of a request for what they mean', () => {
    expect(() => read({ filter: {} })).toThrow('did you mean "filters"?');
    expect(() => read({ excluded: [] })).toThrow('did you mean "exclude"?');
  });
});
