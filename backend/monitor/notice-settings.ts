import { z } from 'zod';
import { group } from '../settings/fields.ts';
import { ALERT_KINDS } from './finding.ts';
import { SEVERITIES } from './severity.ts';

const severity = z.enum(SEVERITIES);
const kinds = z
  .array(z.enum(ALERT_KINDS))
  .min(1)
  .optional()
  .meta({ examples: [['latency', 'lost decisions']] });

/** Who is told of which alerts. Where each of them is told is a secret of the environment: without its variable it is told nothing. */
export const notices = group({
  /** Posts to TRIMTAB_ALERT_WEBHOOK. */
  webhook: group({
    /** Alerts that are less severe are not told there. */
    minSeverity: severity.default('info'),
    /** Only alerts of these kinds are told there; left out, all of them. */
    kinds,
    /** Whether it is also told there when an alert is over. */
    recoveries: z.boolean().default(true),
  }),
  /** Messages in Slack, by TRIMTAB_ALERT_SLACK. */
  slack: group({
    /** Alerts that are less severe are not told there. */
    minSeverity: severity.default('warning'),
    /** Only alerts of these kinds are told there; left out, all of them. */
    kinds,
    /** Whether it is also told there when an alert is over. */
    recoveries: z.boolean().default(true),
  }),
  /** Cards in Microsoft Teams, by TRIMTAB_ALERT_TEAMS. */
  teams: group({
    /** Alerts that are less severe are not told there. */
    minSeverity: severity.default('warning'),
    /** Only alerts of these kinds are told there; left out, all of them. */
    kinds,
    /** Whether it is also told there when an alert is over. */
    recoveries: z.boolean().default(true),
  }),
  /** E-mails, by TRIMTAB_ALERT_SMTP. */
  email: group({
    /** Alerts that are less severe are not told there. */
    minSeverity: severity.default('warning'),
    /** Only alerts of these kinds are told there; left out, all of them. */
    kinds,
    /** Whether it is also told there when an alert is over. */
    recoveries: z.boolean().default(true),
    /** Whom they come from. */
    from: z
      .email()
      .optional()
      .meta({ examples: ['trimtab@example.com'] }),
    /** Whom they go to. */
    to: z.array(z.email()).max(50).default([]),
  }),
});

export type NoticeSettings = z.infer<typeof notices>;
