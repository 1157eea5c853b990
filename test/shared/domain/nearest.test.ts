import { expect, it } from 'vitest';
import { nearest } from '../../../shared/domain/nearest.ts';

const FIELDS = ['sessionId', 'preferences', 'candidates', 'recent'];

it.each([
  ['prefs', 'preferences'],
  ['preference', 'preferences'],
  ['Candidates', 'candidates'],
  ['sesionid', 'sessionId'],
  ['recents', 'recent'],
])('%s means %s', (name, meant) => expect(nearest(name, FIELDS)).toBe(meant));

it.each(['admin', 'page', 'pre', 'x', ''])('%s is another word', (name) =>
  expect(nearest(name, FIELDS)).toBeUndefined(),
);
