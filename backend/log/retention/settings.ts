import { z } from 'zod';
import { group, positive } from '../../settings/fields.ts';
import { parseSettings } from '../../settings/parse-settings.ts';

const days = positive.max(36_500);

/** What people are promised, and how long records are kept that trainingData and metricWeights say nothing of. Left out: for as long as said here. */
export const privacy = group({
  /** An erasure is complete in all places within so many hours. Where one is not, an alert says so. */
  erasureHours: positive.max(720).default(48),
  /** How long receipts of erasures are kept, and the journal from which a restored database is cleaned: longer than any backup. */
  receiptDays: days.default(1095),
  /** How long the audit log is kept, which names who did what; left out: for ever. Entries that announce metric weights stay, as their history is checked against them. */
  auditDays: days.optional().meta({ examples: [730] }),
  /** How long monthly reports are kept; left out: for ever. */
  reportDays: days.optional().meta({ examples: [730] }),
  /** How long alerts that are over, and silences that have ended, are kept; left out: alerts as long as units, silences for ever. */
  alertDays: days.optional().meta({ examples: [180] }),
  /** How long pages waited, by hour; left out: as long as trainingData.dailyCountsDays. */
  latencyDays: days.optional().meta({ examples: [90] }),
  /** How long exclusions from training are kept after they were lifted; left out: for ever, or until the person is erased. */
  exclusionDays: days.optional().meta({ examples: [365] }),
  /** Who answers for the processing, for the record of processing and the privacy notice. */
  controller: group({
    /** Name and address. */
    name: z
      .string()
      .min(1)
      .optional()
      .meta({ examples: ['Example Travel Ltd, 1 Example Street, Lisbon'] }),
    /** Where people and authorities reach them. */
    contact: z
      .string()
      .min(1)
      .optional()
      .meta({ examples: ['privacy@example.com'] }),
  }),
});

export type PrivacySettings = z.infer<typeof privacy>;

/** @throws Error naming the setting and what it should have been. */
export const parsePrivacy = (value: unknown): PrivacySettings => parseSettings(privacy, value);
