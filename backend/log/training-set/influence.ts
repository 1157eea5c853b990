import { atLeastOne, group, multiple, share } from '../../settings/fields.ts';

/** How much one person may weigh in training, and how far a few persons may raise one item. */
export const influence = group({
  /** Rankings with a reward that count of one session and of one user, and as many without one. */
  rankingsPerPerson: atLeastOne.default(10),
  /** A reward counts up to so many times the mean reward. */
  rewardOverMean: multiple.default(10),
  /**
   * What speaks for an item counts up to so many times what speaks against it by the version that is improved on, and a person
   * speaks for an item once; null: neither. 1.25, with `rewardOverMean` 2, withstands forged feedback of 1 % of the sessions,
   * and slows what is learned of items that few have seen.
   */
  itemRise: multiple.nullable().default(null),
  /** Where items are limited: it also exceeds it by at most this share of all rewards. */
  itemShare: share.default(0.01),
});
