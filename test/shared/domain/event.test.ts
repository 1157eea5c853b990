import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../shared/domain/errors.ts';
import { EVENT_TYPES, parseEvent } from '../../../shared/domain/event.ts';

const click = {
  eventId: 'e1',
  type: 'click',
  rankingId: 'r1',
  itemId: 't1',
  position: 1,
  timestamp: 1_700_000_000_000,
  token: 'x.y',
};

it('takes an item that was stored when ids were read less strictly', () => {
  expect(parseEvent({ ...click, itemId: 'a\u200bb' }).itemId).toBe('a\u200bb');
});

describe('parseEvent', () => {
  it.each<[string, object]>([
    ['a click', click],
    ['a dwell with its length', { ...click, type: 'dwell', value: 1500 }],
    ['a scroll without an item', { ...click, type: 'scroll_depth', itemId: undefined, value: 0.5 }],
    [
      'pointer activity in a cell of the heat map',
      {
        ...click,
        type: 'pointer_activity',
        itemId: undefined,
        properties: { cell: '9,0' },
        value: 2.5,
      },
    ],
    [
      'pointer activity that says no amount',
      { ...click, type: 'pointer_activity', properties: { cell: '0,9', page: 'list' } },
    ],
    ['properties', { ...click, properties: { a: 'x', b: 1, c: true, d: null } }],
  ])('keeps %s', (_, event) => {
    expect(parseEvent(event)).toEqual(JSON.parse(JSON.stringify(event)));
  });

  it('reads a moment as every other part does', () => {
    const at = (timestamp: unknown) => parseEvent({ ...click, timestamp }).timestamp;
    expect(at('2026-01-01T10:00:00+02:00')).toBe(Date.UTC(2026, 0, 1, 8));
    expect(at(1_700_000_000_000.5)).toBe(1_700_000_000_000);
  });

  it('takes a refund and a cancellation with its amount below 0', () => {
    for (const type of ['payment', 'cancel'])
      expect(parseEvent({ ...click, type, value: -100 }).value).toBe(-100);
  });

  it('takes a number for the id that it is of items', () => {
    expect(parseEvent({ ...click, itemId: 12 }).itemId).toBe('12');
  });

  it('drops fields that no event has', () => {
    expect(parseEvent({ ...click, admin: true })).toEqual(click);
  });

  it.each(EVENT_TYPES)('knows the type %s', (type) => {
    const properties = { cell: '4,7' };
    expect(parseEvent({ ...click, type, properties }).type).toBe(type);
  });

  it.each<[unknown, string]>([
    [null, 'an event must be an object'],
    [[click], 'an event must be an object'],
    [{ ...click, type: 'glance' }, 'type must be one of impression, click'],
    [{ ...click, type: undefined }, 'but was undefined'],
    [{ ...click, itemId: undefined }, 'an event of type click needs an itemId'],
    [{ ...click, itemId: 'two words' }, 'item id must be'],
    [{ ...click, position: 0 }, 'position must be a whole number from 1 to 100, but was 0'],
    [{ ...click, position: 1.5 }, 'position must be a whole number from 1 to 100, but was 1.5'],
    [
      { ...click, value: '5' },
      'the value of click must be an amount from 0 to 1000000000000, but was "5"',
    ],
    [{ ...click, value: Number.NaN }, 'the value of click must be an amount'],
    [
      { ...click, value: 1e308 },
      'the value of click must be an amount from 0 to 1000000000000, but was 1e+308',
    ],
    [{ ...click, value: -1e13 }, 'but was -10000000000000'],
    [{ ...click, timestamp: 'now' }, 'timestamp must be an ISO date or epoch milliseconds'],
    [{ ...click, timestamp: 0 }, 'timestamp must be an ISO date or epoch milliseconds, but was 0'],
    [{ ...click, timestamp: undefined }, 'timestamp must be an ISO date or epoch milliseconds'],
    [
      { ...click, timestamp: 1_700_000_000 },
      'that would be seconds since 1970: give milliseconds, 1700000000000',
    ],
    [{ ...click, timestamp: 1_700_000_000_000_000 }, 'that would be microseconds since 1970'],
    [{ ...click, position: 2 ** 53 }, 'position must be a whole number from 1 to 100'],
    [{ ...click, itemId: 2 ** 53 }, 'send it as text, as its digits may have been lost'],
    [{ ...click, itemId: '..' }, 'item id must not be ".."'],
    [{ ...click, type: 'dwell', value: -5 }, 'the value of dwell must be milliseconds from 0'],
    [{ ...click, type: 'dwell', value: 1e11 }, 'milliseconds from 0 to 86400000, but was 1000'],
    [{ ...click, type: 'scroll_depth', value: 150 }, 'a share from 0 to 1, but was 150'],
    [{ ...click, type: 'scroll_depth', value: -1 }, 'a share from 0 to 1, but was -1'],
    [{ ...click, type: 'form_progress', value: 7 }, 'a share from 0 to 1, but was 7'],
    [{ ...click, type: 'booking', value: -100 }, 'an amount from 0 to'],
    [{ ...click, postion: 1 }, 'there is no field "postion": did you mean "position"?'],
    [{ ...click, token: undefined }, 'token is missing: send the one the ranking came with'],
    [{ ...click, token: 'x'.repeat(32_769) }, 'token is missing'],
    [{ ...click, eventId: '' }, 'eventId must be'],
    [{ ...click, rankingId: 5 }, 'rankingId must be'],
    [{ ...click, properties: ['a'] }, 'properties must be an object'],
    [
      { ...click, properties: { deep: {} } },
      'property "deep" must be a text of at most 1,024 characters',
    ],
    [
      { ...click, properties: { long: 'x'.repeat(1025) } },
      'property "long" must be a text of at most 1,024 characters',
    ],
    [
      { ...click, properties: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [i, 1])) },
      'properties may have at most 32 entries, but had 33',
    ],
    [
      { ...click, properties: Object.fromEntries([0, 1, 2, 3].map((i) => [i, 'x'.repeat(1024)])) },
      'properties may have at most 4096 characters as JSON, but had 4125',
    ],
    [{ ...click, type: 'pointer_activity' }, 'needs properties.cell "x,y", each 0 to 9'],
    ...['10,0', '0,10', '4', '-1,2', '4,7 ', '4,7\n', '٣,1', 47, null, ['4,7']].map(
      (cell): [unknown, string] => [
        { ...click, type: 'pointer_activity', properties: { cell } },
        `needs properties.cell "x,y", each 0 to 9, but it was ${JSON.stringify(cell)}`,
      ],
    ),
    [
      { ...click, type: 'pointer_activity', properties: { cell: '1,1' }, value: -1 },
      'the value of pointer_activity must be an amount from 0 to 1000000000000, but was -1',
    ],
    [
      { ...click, type: 'pointer_activity', properties: 'cell' },
      'pointer_activity needs properties.cell',
    ],
  ])('refuses %j', (value, message) => {
    const refused = () => parseEvent(value);
    expect(refused).toThrow(ApiError);
    expect(refused).toThrow(message);
  });
});
