import { expect, test } from 'vitest';
import { limitedText } from '../../../../backend/runs/shell/limited-text.ts';

const none = { overPerson: 0, repeated: 0, clipped: 0, overItem: 0, itemsOver: 0 };

test('a run says what the limits on persons and items left out and lowered', () => {
  expect(limitedText(undefined)).toBeUndefined();
  expect(limitedText(none)).toBeUndefined();
  expect(limitedText({ ...none, clipped: 4 })).toBe('4 large rewards are lowered');
  expect(limitedText({ ...none, repeated: 1, clipped: 1 })).toBe(
    'not counted: 1 further reward of one person for an item; 1 large reward is lowered',
  );
  expect(
    limitedText({ overPerson: 1200, repeated: 30, clipped: 4, overItem: 7, itemsOver: 2 }),
  ).toBe(
    'not counted: 1,200 rankings beyond what one person may, 30 further rewards of one person for an item, 7 rewards beyond what 2 items may rise; 4 large rewards are lowered',
  );
});
