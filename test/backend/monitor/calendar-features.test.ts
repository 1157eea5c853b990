import { expect, test } from 'vitest';
import { calendarFeatures } from '../../../backend/monitor/calendar-features.ts';
import { parseSchema } from '../../../shared/features/schema.ts';

test('seasons, what is learned of items, and crosses of these differ between any two times, and are no drift', () => {
  const schema = parseSchema({
    name: 'some',
    columns: [
      { name: 'word', type: 'category' },
      { name: 'departure', type: 'date' },
    ],
    features: [
      { name: 'word', kind: 'category', column: 'word', values: ['a'] },
      { name: 'weekday', kind: 'request-time', part: 'weekday' },
      { name: 'month', kind: 'date-month', column: 'departure' },
      { name: 'rate', kind: 'learned', of: 'clickRate', days: 7, buckets: 5 },
      { name: 'phone', kind: 'context', key: 'device', values: ['phone'] },
      { name: 'rate-on-phone', kind: 'cross', of: ['phone', 'rate'] },
      { name: 'word-on-phone', kind: 'cross', of: ['phone', 'word'] },
    ],
  });
  expect(calendarFeatures(schema).map((index) => schema.features[index].name)).toEqual([
    'weekday',
    'month',
    'rate',
    'rate-on-phone',
  ]);
});
