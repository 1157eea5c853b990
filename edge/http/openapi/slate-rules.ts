import { SLATE_RULE_LIMITS } from '../../../shared/domain/slate-rules.ts';
import { closedObject, itemId, reference, text } from './parts.ts';

const ruleList = (most: number, items: object) => ({ type: 'array', maxItems: most, items });
const whole = (maximum: number) => ({ type: 'integer', minimum: 1, maximum });
export const slateRules = {
  type: 'object',
  description:
    'What the slate keeps to besides being of the best items; all of it is part of the draw',
  properties: {
    caps: ruleList(
      SLATE_RULE_LIMITS.caps,
      closedObject(
        {
          column: text,
          most: whole(SLATE_RULE_LIMITS.items),
          collapse: { type: 'boolean', description: 'Only the best of each value compete' },
        },
        ['column'],
      ),
    ),
    quotas: ruleList(
      SLATE_RULE_LIMITS.quotas,
      closedObject(
        {
          where: reference('Filter'),
          least: whole(SLATE_RULE_LIMITS.items),
          within: whole(SLATE_RULE_LIMITS.items),
        },
        ['where', 'least', 'within'],
      ),
    ),
    pins: ruleList(
      SLATE_RULE_LIMITS.pins,
      closedObject({ id: itemId, position: whole(SLATE_RULE_LIMITS.position) }, ['id', 'position']),
    ),
    boosts: ruleList(
      SLATE_RULE_LIMITS.boosts,
      closedObject(
        {
          where: reference('Filter'),
          ids: ruleList(SLATE_RULE_LIMITS.ids, itemId),
          points: { type: 'number' },
        },
        ['points'],
      ),
    ),
  },
  additionalProperties: false,
} as const;
