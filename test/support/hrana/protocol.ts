/** The parts of Hrana 3 over HTTP with JSON that libSQL's client speaks (github.com/tursodatabase/libsql, docs/HRANA_3_SPEC.md). */

export type HranaValue =
  | { readonly type: 'null' }
  /** In decimals, as JSON's numbers hold 53 bits. */
  | { readonly type: 'integer'; readonly value: string }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'text'; readonly value: string }
  | { readonly type: 'blob'; readonly base64: string };

/** A text, or the number under which the stream has stored one. */
export interface SqlRef {
  readonly sql?: string;
  readonly sql_id?: number;
}

export interface HranaStatement extends SqlRef {
  readonly args?: readonly HranaValue[];
  readonly named_args?: readonly { readonly name: string; readonly value: HranaValue }[];
  readonly want_rows?: boolean;
}

export type BatchCondition =
  | { readonly type: 'ok' | 'error'; readonly step: number }
  | { readonly type: 'not'; readonly cond: BatchCondition }
  | { readonly type: 'and' | 'or'; readonly conds: readonly BatchCondition[] }
  | { readonly type: 'is_autocommit' };

export interface Batch {
  readonly steps: readonly {
    readonly condition?: BatchCondition | null;
    readonly stmt: HranaStatement;
  }[];
}

export type StreamRequest =
  | { readonly type: 'close' | 'get_autocommit' }
  | { readonly type: 'execute'; readonly stmt: HranaStatement }
  | { readonly type: 'batch'; readonly batch: Batch }
  | ({ readonly type: 'sequence' } & SqlRef)
  | { readonly type: 'store_sql'; readonly sql_id: number; readonly sql: string }
  | { readonly type: 'close_sql'; readonly sql_id: number };

export interface StatementResult {
  readonly cols: readonly { readonly name: string; readonly decltype: string | null }[];
  readonly rows: readonly (readonly HranaValue[])[];
  readonly affected_row_count: number;
  readonly last_insert_rowid: string | null;
}

export interface HranaError {
  readonly message: string;
  readonly code: string;
}

export interface BatchResult {
  /** Null where the step failed or was left out. */
  readonly step_results: (StatementResult | null)[];
  readonly step_errors: (HranaError | null)[];
}

export type StreamResponse =
  | { readonly type: 'close' | 'sequence' | 'store_sql' | 'close_sql' }
  | { readonly type: 'execute'; readonly result: StatementResult }
  | { readonly type: 'batch'; readonly result: BatchResult }
  | { readonly type: 'get_autocommit'; readonly is_autocommit: boolean };

export interface Pipeline {
  readonly baton?: string | null;
  readonly requests: readonly StreamRequest[];
}

export interface PipelineAnswer {
  /** Names the stream in the next request; null once it is closed. */
  readonly baton: string | null;
  readonly base_url: null;
  readonly results: readonly (
    | { readonly type: 'ok'; readonly response: StreamResponse }
    | { readonly type: 'error'; readonly error: HranaError }
  )[];
}
