import { describe, expect, it } from 'vitest';
import { parseItem } from '../../../shared/domain/item.ts';

describe('parseItem', () => {
  it('keeps the flat attributes beside the id', () => {
    expect(parseItem({ id: 't1', price: 5, themes: ['a'], open: true, note: null })).toEqual({
      id: 't1',
      attributes: { price: 5, themes: ['a'], open: true, note: null },
    });
  });

  it('brings texts, lists and names into one Unicode form, and leaves ids', () => {
    const decomposed = { id: 'n\u0303', 'pai\u0301s': 'Espan\u0303a', list: ['a', 'n\u0303'] };
    expect(parseItem(decomposed)).toEqual({
      id: 'n\u0303',
      attributes: { 'pa\u00eds': 'Espa\u00f1a', list: ['a', '\u00f1'] },
    });
  });

  it('reads a number as an id', () => expect(parseItem({ id: 17 }).id).toBe('17'));

  it.each<[unknown, string]>([
    [null, 'an item must be an object with an id'],
    ['t1', 'an item must be an object with an id'],
    [['t1'], 'an item must be an object with an id'],
    [{}, 'item id must be 1 to 128 printable characters without spaces, but was undefined'],
    [{ id: 2 ** 53 }, 'up to 9007199254740991, but was 9007199254740992: send it as text'],
    [{ id: 1519540354020417536 }, 'its digits may have been lost'],
    [{ id: Number.POSITIVE_INFINITY }, 'but was Infinity'],
    [{ id: 1.5 }, 'must be a whole number'],
    [{ id: 't1', 'pai\u0301s': 'a', 'pa\u00eds': 'b' }, 'there twice, in two Unicode forms'],
    [{ id: 't1', price: Number.NaN }, 'item t1: attribute "price" must be text, a finite number'],
    [{ id: 't1', price: Number.POSITIVE_INFINITY }, 'attribute "price"'],
    [{ id: 't1', place: { country: 'x' } }, 'attribute "place"'],
    [{ id: 't1', themes: ['a', 5] }, 'attribute "themes"'],
    [{ id: 't1', themes: Array.from({ length: 257 }, () => 'a') }, 'attribute "themes"'],
  ])('refuses %j', (value, message) => {
    expect(() => parseItem(value)).toThrow(message);
  });
});
