import type { Asked } from './asked.ts';

/** How requests went, and each kind of fault. */
export class FuzzTally {
  asked = 0;
  readonly statuses = new Map<number, number>();
  readonly faults = new Map<string, number>();

  /** Asks some at a time, `times` in all. @param say is told the first of each kind of fault, with the request. */
  async run(
    times: number,
    atOnce: number,
    ask: () => Promise<Asked>,
    say: (line: string) => void,
  ): Promise<void> {
    let left = times;
    const one = async () => {
      while (left-- > 0) {
        const { status, fault, line } = await ask();
        this.asked++;
        this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
        if (fault === undefined) continue;
        if (!this.faults.has(fault)) say(`${fault}\n  ${line()}`);
        this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, one));
  }

  /** Such as `120 × 200, 80 × 400`. */
  get text(): string {
    return [...this.statuses]
      .toSorted(([a], [b]) => a - b)
      .map(([status, times]) => `${times} × ${status}`)
      .join(', ');
  }
}
