import { expect, test } from 'vitest';
import {
  visitorClusters,
  type SlateOf,
} from '../../../../backend/science/learn/visitor-clusters.ts';

const clustersOf = (...slates: readonly SlateOf[]) => {
  const clusters = visitorClusters();
  for (const slate of slates) clusters.add(slate);
  return [...clusters.finish()];
};

test('sessions of which no user is known are visitors of their own', () => {
  expect(
    clustersOf(
      { sessionId: 'a' },
      { sessionId: 'b', userId: null },
      { sessionId: 'a', userId: null },
    ),
  ).toEqual([0, 1, 0]);
});

test('a user is one visitor, whatever the session', () => {
  expect(
    clustersOf(
      { sessionId: 'a', userId: 'u' },
      { sessionId: 'b' },
      { sessionId: 'c', userId: 'u' },
    ),
  ).toEqual([0, 1, 0]);
});

test('what a session did before somebody logged in is theirs, also where that is seen later', () => {
  expect(
    clustersOf(
      { sessionId: 'a' },
      { sessionId: 'b', userId: 'u' },
      { sessionId: 'c' },
      { sessionId: 'c', userId: 'v' },
      { sessionId: 'a', userId: 'u' },
      { sessionId: 'b' },
      { sessionId: 'd', userId: 'v' },
    ),
  ).toEqual([0, 0, 1, 1, 0, 0, 1]);
});

test('a session of two users makes them one, and a user is never taken for a session of that name', () => {
  expect(
    clustersOf(
      { sessionId: 'a', userId: 'u' },
      { sessionId: 'b', userId: 'v' },
      { sessionId: 'u' },
      { sessionId: 'shared', userId: 'v' },
      { sessionId: 'shared', userId: 'u' },
    ),
  ).toEqual([0, 0, 1, 0, 0]);
});
