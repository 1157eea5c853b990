type Labels = Readonly<Record<string, string>>;

interface Series {
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly values: Map<string, number>;
}

/** Counters and gauges, which `text` gives in the Prometheus text format (0.0.4). */
export class Metrics {
  readonly #series = new Map<string, Series>();

  /** Declares a series, so that it is listed before it has a value. The name of a counter ends in `_total`. */
  declare(name: string, help: string): this {
    const type = name.endsWith('_total') ? 'counter' : 'gauge';
    this.#series.set(name, { type, help, values: new Map() });
    return this;
  }

  add(name: string, by: number, labels: Labels = {}): void {
    const { values } = this.#series.get(name)!;
    const key = shown(labels);
    values.set(key, (values.get(key) ?? 0) + by);
  }

  set(name: string, value: number, labels: Labels = {}): void {
    this.#series.get(name)!.values.set(shown(labels), value);
  }

  /** For labels that stand for a state, of which one at a time holds: the values of all others are removed. */
  setOnly(name: string, value: number, labels: Labels): void {
    this.clear(name);
    this.set(name, value, labels);
  }

  /** The series has no value until it is set again. */
  clear(name: string): void {
    this.#series.get(name)!.values.clear();
  }

  get(name: string): number | undefined {
    return this.#series.get(name)!.values.get('');
  }

  text(): string {
    const lines: string[] = [];
    for (const [name, { type, help, values }] of this.#series) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
      for (const [labels, value] of values) lines.push(`${name}${labels} ${value}`);
    }
    return `${lines.join('\n')}\n`;
  }
}

function shown(labels: Labels): string {
  const entries = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return entries.length === 0 ? '' : `{${entries.join(',')}}`;
}

const escaped = (value: string) =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

export const backendMetrics = (): Metrics =>
  new Metrics()
    .declare(
      'trimtab_ingest_lost_decisions_total',
      'Decisions that the edge answered and could not log.',
    )
    .declare('trimtab_ingest_rows_total', 'Rows committed by ingest, by table.')
    .declare('trimtab_ingest_batches_total', 'Batches committed.')
    .declare('trimtab_ingest_duplicate_batches_total', 'Batches that were sent again.')
    .declare(
      'trimtab_ingest_corrected_clocks_total',
      'Events whose timestamps were corrected, as the clock of the visitor was off.',
    )
    .declare('trimtab_ingest_refused_total', 'Batches refused: forged, damaged or malformed.')
    .declare(
      'trimtab_ingest_busy_total',
      'Batches refused with Retry-After, as the database had no time for them. The edge sends them again.',
    )
    .declare('trimtab_ingest_lag_ms', 'From the newest entry of the last batch to its commit.')
    .declare('trimtab_ingest_last_batch_timestamp_ms', 'When the last batch was committed.')
    .declare('trimtab_trace_spans_total', 'Spans of traces, by what became of them.')
    .declare('trimtab_live_version', '1 for the version that is live.')
    .declare('trimtab_live_hold', '1 while a rollback holds the pointer.')
    .declare(
      'trimtab_live_placement_version',
      '1 for the version that is live at a placement with a lineage of its own.',
    )
    .declare('trimtab_live_placement_hold', '1 while a rollback holds the lineage of a placement.')
    .declare('trimtab_snapshot_items', 'Items in the live snapshot.')
    .declare('trimtab_training_runs_total', 'Training runs ended, by status.')
    .declare('trimtab_training_last_timestamp_ms', 'When the last training run ended.')
    .declare('trimtab_training_running', 'Training runs under way.')
    .declare('trimtab_online_slates', 'Rankings that the live version of an arm has learned from.')
    .declare(
      'trimtab_online_weights',
      'Weights of the live version of an arm that learning has changed.',
    )
    .declare(
      'trimtab_online_weights_at_limit',
      'Those of them that are changed as far as onlineLearning.trustRegion lets them.',
    )
    .declare('trimtab_online_batches_total', 'Changed weights that a cell of the edge has taken.')
    .declare('trimtab_online_stops_total', 'How often what was learned was dropped.')
    .declare(
      'trimtab_visitor_latency_ms',
      'How long pages waited for rankings in the last 15 minutes, by quantile, as the client timed them.',
    )
    .declare('trimtab_visitor_timings', 'Rankings that pages timed in those minutes.')
    .declare('trimtab_visitor_late_share', 'Share of them that pages gave up on.')
    .declare(
      'trimtab_recent_rankings',
      'Rankings of the last 15 minutes in the log, by what they are.',
    )
    .declare('trimtab_recent_events', 'Feedback of those minutes, by whether it counts.')
    .declare('trimtab_objective_target', 'Share for which an objective is to hold.')
    .declare('trimtab_objective_held', 'Share for which it held in the last 28 days.')
    .declare(
      'trimtab_objective_budget_left',
      'What is left of its error budget: 1 all of it, 0 nothing.',
    )
    .declare(
      'trimtab_objective_burn_rate',
      'How many times as fast as it may the budget is spent, by window.',
    )
    .declare('trimtab_edge_probe_ms', 'Round trip of the last probe of the edge that was answered.')
    .declare('trimtab_edge_probe_up', '1 where the last probe of the edge was answered, else 0.')
    .declare('trimtab_problems', 'Things that keep the edge from being up to date.')
    .declare('trimtab_alerts_open', 'Open alerts, by kind.');
