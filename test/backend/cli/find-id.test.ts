import { expect, test } from 'vitest';
import { findId } from '../../../backend/cli/command/find-id.ts';

const known = [
  { id: 'exp_1a2b', name: 'themes' },
  { id: 'exp_1a2c', name: 'hot' },
  { id: 'exp_9', name: 'hot' },
  { id: 'exp_99', name: 'exp_1' },
];

test.each([
  ['an id', 'exp_1a2c', 'exp_1a2c'],
  ['an id that others begin with', 'exp_9', 'exp_9'],
  ['the beginning of one id', 'exp_1a2b', 'exp_1a2b'],
  ['a name', 'themes', 'exp_1a2b'],
  ['a name before the beginning of ids', 'exp_1', 'exp_99'],
  ['nothing: the backend says so', 'exp_7', 'exp_7'],
])('%s', (_, wanted, id) => {
  expect(findId(wanted, known, 'experiments')).toBe(id);
});

test.each([
  ['exp_1a', '"exp_1a" matches 2 experiments, use one of: exp_1a2b, exp_1a2c'],
  ['hot', '"hot" matches 2 experiments, use one of: exp_1a2c, exp_9'],
])('%s could be several', (wanted, message) => {
  expect(() => findId(wanted, known, 'experiments')).toThrow(message);
});
