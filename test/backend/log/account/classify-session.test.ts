import { expect, test } from 'vitest';
import { classifyEvents } from '../../../../backend/log/account/classify-events.ts';
import {
  addRanking,
  isDwellLogged,
  classifySession,
  sessionFacts,
} from '../../../../backend/log/account/classify-session.ts';
import { DEFAULT_TRAINING_DATA } from '../../../../backend/log/settings.ts';
import { NO_FILTERS, type Filters } from '../../../../backend/log/account/filters.ts';

const AT = 1_790_000_000_000;
const ITEMS = Array.from({ length: 10 }, (_, i) => `item-${i}`);

interface Behaviour {
  readonly rankings: number;
  readonly everyMs: number;
  /** Items clicked in each ranking. */
  readonly clicks?: number;
  readonly clickAfterMs?: number;
  readonly dwells?: boolean;
  /** Clicks on what was not shown. */
  readonly strayClicks?: number;
}

function factsOf(behaviour: Behaviour, filters: Filters) {
  const { rankings, everyMs, clicks = 0, clickAfterMs = 3000, dwells, strayClicks = 0 } = behaviour;
  const facts = sessionFacts();
  for (let n = 0; n < rankings; n++) {
    const at = AT + n * everyMs;
    const did = (type: string, itemId: string) => ({
      eventId: `${n}-${type}-${itemId}`,
      type,
      itemId,
      value: null,
      timestamp: at + clickAfterMs,
      receivedAt: at + clickAfterMs,
    });
    const events = [
      ...ITEMS.slice(0, clicks).flatMap((item) =>
        dwells ? [did('click', item), did('dwell', item)] : [did('click', item)],
      ),
      ...Array.from({ length: strayClicks }, (_, i) => did('click', `nowhere-${i}`)),
    ];
    const ranking = { at, itemIds: ITEMS };
    const verdicts = classifyEvents(ranking, events, 86_400_000, filters);
    addRanking(facts, ranking, events, verdicts, filters);
  }
  return facts;
}

const MINUTE = 60_000;
const { filters } = DEFAULT_TRAINING_DATA;

test.each<[string, Behaviour, string | undefined]>([
  [
    'a person who searches thrice and clicks once each',
    { rankings: 3, everyMs: MINUTE, clicks: 1 },
    undefined,
  ],
  ['a person who only looks', { rankings: 20, everyMs: 20_000 }, undefined],
  ['60 rankings in a minute', { rankings: 60, everyMs: 999 }, undefined],
  ['61 rankings within a minute', { rankings: 61, everyMs: 999 }, 'too_many_rankings'],
  ['hundreds of rankings, one a second and a bit', { rankings: 300, everyMs: 1001 }, undefined],
  [
    'two clicks after a millisecond',
    { rankings: 2, everyMs: MINUTE, clicks: 1, clickAfterMs: 1 },
    undefined,
  ],
  [
    'three clicks after a millisecond',
    { rankings: 3, everyMs: MINUTE, clicks: 1, clickAfterMs: 1 },
    'faster_than_a_person',
  ],
  [
    'clicks on all ten items, twice',
    { rankings: 2, everyMs: MINUTE, clicks: 10 },
    'clicks_everything',
  ],
  ['clicks on all ten items, once', { rankings: 1, everyMs: MINUTE, clicks: 10 }, undefined],
  ['clicks on eight of ten', { rankings: 2, everyMs: MINUTE, clicks: 8, dwells: true }, undefined],
  [
    '20 clicks without a dwell',
    { rankings: 10, everyMs: MINUTE, clicks: 2 },
    'clicks_without_dwell',
  ],
  ['20 clicks with dwells', { rankings: 10, everyMs: MINUTE, clicks: 2, dwells: true }, undefined],
  [
    'one stray click of two',
    { rankings: 3, everyMs: MINUTE, clicks: 1, strayClicks: 1 },
    undefined,
  ],
  [
    'two stray clicks of three',
    { rankings: 3, everyMs: MINUTE, clicks: 1, strayClicks: 2 },
    'invalid_events',
  ],
])('%s', (_, behaviour, verdict) => {
  expect(classifySession(factsOf(behaviour, filters), filters, true)).toBe(verdict);
  expect(classifySession(factsOf(behaviour, NO_FILTERS), NO_FILTERS, true)).toBeUndefined();
});

test('clicks without dwell tell only where dwell is logged', () => {
  const silent = factsOf({ rankings: 10, everyMs: MINUTE, clicks: 2 }, filters);
  expect(isDwellLogged(2, 1)).toBe(false);
  expect(isDwellLogged(3, 2)).toBe(true);
  expect(isDwellLogged(0, 0)).toBe(false);
  expect(classifySession(silent, filters, false)).toBeUndefined();
});
