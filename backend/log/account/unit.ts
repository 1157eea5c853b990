import type { Rules } from './rules.ts';

export type UnitKind = 'session' | 'user';

export interface UnitsOf extends Rules {
  readonly unit: UnitKind;
  /** What a unit did counts for this many days from its first ranking. */
  readonly observeDays: number;
  /** Keys of a request's context that may be stored with a unit. */
  readonly context: readonly string[];
}

export interface UnitRow {
  readonly unit: string;
  readonly firstAt: number;
  readonly userId: string | null;
  /** Everybody who was logged in meanwhile: of a session on a shared device more than one. Not stored. */
  readonly users?: readonly string[];
  readonly values: Readonly<Record<string, number>>;
  readonly context: Readonly<Record<string, string>>;
  readonly outcomes: Readonly<Record<string, number>>;
  /** Version of the account that it was measured by; null: from before there were versions. */
  readonly account: string | null;
}
