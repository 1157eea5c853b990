/** Whom rows name: visitors by keyed ids, people who work with the system by name, or nobody. */
export type Names = 'visitors' | 'operators' | 'nobody';

/** For how long something is kept, in days by the settings in force; null: for ever, or until it is replaced. */
export interface Periods {
  readonly log: number;
  readonly units: number;
  readonly counts: number;
  readonly tombstones: number;
  readonly receipts: number;
  readonly audit: number | null;
  readonly reports: number | null;
  readonly alerts: number;
  readonly silences: number | null;
  readonly latency: number;
  readonly exclusions: number | null;
  readonly ever: null;
}

export interface Processing {
  readonly holds: string;
  readonly purpose: string;
  readonly names: Names;
  readonly tables: readonly string[];
  readonly kept: keyof Periods;
}

/** What is stored, why and for how long. A test holds that every table of the database is in it once. */
export const INVENTORY: readonly Processing[] = [
  {
    holds:
      'Rankings: what was asked for, consent and context, what was shown, by which version and chance',
    purpose: 'learning what is worth showing, and explaining any past ranking',
    names: 'visitors',
    tables: ['decisions', 'late_rankings'],
    kept: 'log',
  },
  {
    holds: 'Events: clicks, saves, bookings and what else was done with what was shown',
    purpose: 'learning what is worth showing',
    names: 'visitors',
    tables: ['events'],
    kept: 'log',
  },
  {
    holds:
      'Orders: by their id what they are worth, when they were booked, refunded or cancelled, and of which ranking they came',
    purpose: 'learning what is worth showing from what was truly sold',
    names: 'visitors',
    tables: ['order_lines', 'orders'],
    kept: 'log',
  },
  {
    holds: 'Which arm of which experiment a ranking was exposed to',
    purpose: 'comparing versions',
    names: 'visitors',
    tables: ['exposures'],
    kept: 'log',
  },
  {
    holds:
      'Long-term values such as revenue, and what each session or user did in sums, until that value is known',
    purpose: 'measuring experiments, and weighing metrics by long-term value',
    names: 'visitors',
    tables: ['outcomes', 'experiment_units', 'metric_units', 'session_days', 'user_days'],
    kept: 'units',
  },
  {
    holds: 'Who was left out of training by hand, and why',
    purpose: 'keeping machines and mistakes out of what is learned',
    names: 'visitors',
    tables: ['training_exclusions'],
    kept: 'exclusions',
  },
  {
    holds: 'Users who were erased, so that what still arrives of them is dropped',
    purpose: 'erasure (article 17)',
    names: 'visitors',
    tables: ['deleted_users'],
    kept: 'ever',
  },
  {
    holds: 'Sessions that were erased, so that what still arrives of them is dropped',
    purpose: 'erasure (article 17)',
    names: 'visitors',
    tables: ['deleted_sessions'],
    kept: 'tombstones',
  },
  {
    holds: 'Receipts of erasures; their journal beside the database has the keyed ids',
    purpose: 'proof of erasure, and cleaning what is restored',
    names: 'operators',
    tables: ['erasures'],
    kept: 'receipts',
  },
  {
    holds: 'The audit log: who changed what',
    purpose: 'accountability',
    names: 'operators',
    tables: ['audit'],
    kept: 'audit',
  },
  {
    holds: 'Decisions about models, and who made them',
    purpose: 'accountability: what ranked when, and why',
    names: 'operators',
    tables: [
      'metric_weights',
      'rollouts',
      'rollout_decisions',
      'apprentice_changes',
      'slate_rules',
      'pointer_revisions',
      'runs',
    ],
    kept: 'ever',
  },
  {
    holds: 'Links and sessions of the dashboard: a hash, a name and a role',
    purpose: 'signing in',
    names: 'operators',
    tables: ['login_links', 'login_sessions'],
    kept: 'log',
  },
  {
    holds: 'Alerts, who acknowledged them, and what was told to whom',
    purpose: 'running the service',
    names: 'operators',
    tables: ['alerts', 'alert_notices'],
    kept: 'alerts',
  },
  {
    holds: 'Silences of alerts, by whom and why',
    purpose: 'running the service',
    names: 'operators',
    tables: ['alert_silences'],
    kept: 'silences',
  },
  {
    holds: 'Keys by name: a hash, what it opens, who made it and when it was last used',
    purpose: 'telling who may ask',
    names: 'operators',
    tables: ['access_keys'],
    kept: 'ever',
  },
  {
    holds: 'When each job ran last',
    purpose: 'running the service',
    names: 'nobody',
    tables: ['job_runs'],
    kept: 'ever',
  },
  {
    holds: 'How often the service was as good as it is to be, by five minutes',
    purpose: 'running the service',
    names: 'nobody',
    tables: ['objective_counts'],
    kept: 'counts',
  },
  {
    holds: 'Counts by day and item',
    purpose: 'seasons and reports',
    names: 'nobody',
    tables: ['daily_counts'],
    kept: 'counts',
  },
  {
    holds: 'How long pages waited, by hour',
    purpose: 'running the service',
    names: 'nobody',
    tables: ['visitor_latency'],
    kept: 'latency',
  },
  {
    holds: 'Monthly reports',
    purpose: 'comparing models',
    names: 'nobody',
    tables: ['reports'],
    kept: 'reports',
  },
  {
    holds:
      'Models, experiments and their reports, and what was learned: sums and weights from what many did',
    purpose: 'ranking',
    names: 'nobody',
    tables: [
      'weights',
      'evaluations',
      'experiments',
      'experiment_reports',
      'layers',
      'online_learning',
      'learned_parts',
      'related_parts',
    ],
    kept: 'ever',
  },
  {
    holds: 'The catalogue, and how it reaches the edge',
    purpose: 'ranking',
    names: 'nobody',
    tables: [
      'items',
      'item_changes',
      'item_versions',
      'feeds',
      'exchange_rates',
      'markets',
      'snapshots',
      'publications',
      'pointers',
    ],
    kept: 'ever',
  },
  {
    holds: 'How far work has come, and which process does it',
    purpose: 'running the service',
    names: 'nobody',
    tables: ['log_marks', 'day_marks'],
    kept: 'ever',
  },
  {
    holds:
      'Batches that came in, samples of the catalogue, changes of weights as people clicked, and which process did what',
    purpose: 'running the service, and explaining any past ranking',
    names: 'nobody',
    tables: ['batches', 'catalogue_samples', 'online_deltas', 'leases'],
    kept: 'log',
  },
];
