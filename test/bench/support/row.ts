/** One line of the benchmark table. */
export interface BenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** `value` over that of `against`, measured in the same run. */
  readonly ratio?: number;
  readonly against?: string;
}
