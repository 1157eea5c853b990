/** One row of the RecSys 2019 format, as text. Impressions and prices are `|`-separated, in shown order. */
export interface TrivagoRow {
  readonly user_id: string;
  readonly session_id: string;
  /** Seconds. */
  readonly timestamp: string;
  readonly step: string;
  readonly action_type: string;
  readonly reference: string;
  readonly platform: string;
  readonly device: string;
  readonly current_filters: string;
  readonly impressions: string;
  readonly prices: string;
}
