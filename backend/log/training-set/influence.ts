import { atLeastOne, group, multiple, share } from '../../settings/fields.ts';

/** How much one person may weigh in training, and how far a few persons may raise one item. */
export const influence = group({
  /** Rankings with a reward that count of one session and of one user, and as many without one. */
  rankingsPerPerson: atLeastOne.default(10),
  /** A reward counts up to so many times the mean reward. More lets rare, large rewards count in full, forged ones too. */
  rewardOverMean: multiple.default(2),
  /**
   * What speaks for an item counts up to so many times what speaks against it by what its features say; null: items are not
   * limited. With the defaults forged feedback of 1 % of the sessions moves no item by more than a tenth of the catalogue.
   */
  itemRise: multiple.nullable().default(1.25),
  /** Where items are limited: it also exceeds it by at most this share of all rewards. */
  itemShare: share.default(0.01),
});
