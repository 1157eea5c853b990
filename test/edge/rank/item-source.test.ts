import { expect, test } from 'vitest';
import { itemSourceOf } from '../../../edge/rank/item-source.ts';
import { parseItem } from '../../../shared/domain/item.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { rankable } from '../../../shared/score/rankable.ts';

const items = ['lisbon', 'porto'].map((id) => parseItem({ id, price: 100 }));
const catalogue = rankable(packItems(smarttrip.columns, items));
const bare = [parseItem({ id: 'lisbon' }), parseItem({ id: 'porto' })];

test('the catalogue vouches for what it knows, whoever names it', () => {
  expect(itemSourceOf(undefined, catalogue, 'publishable')).toBe('catalogue');
  expect(itemSourceOf(bare, catalogue, 'publishable')).toBe('catalogue');
  expect(itemSourceOf(bare, catalogue, 'secret')).toBe('catalogue');
});

test.each([
  ['an item that it does not know', [...bare, parseItem({ id: 'unheard-of' })]],
  ['a price of the caller', [bare[0], parseItem({ id: 'porto', price: 1 })]],
])('for %s it is the key that counts', (_, candidates) => {
  expect(itemSourceOf(candidates, catalogue, 'publishable')).toBe('browser');
  expect(itemSourceOf(candidates, catalogue, 'secret')).toBe('server');
});

test('without a catalogue nothing is known', () => {
  expect(itemSourceOf(bare, undefined, 'publishable')).toBe('browser');
});
