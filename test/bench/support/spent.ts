/** What some work took. */
export interface Spent {
  readonly seconds: number;
  /** Processor time of a whole process, all its threads together. */
  readonly cpuMs: number;
}

/** @param cpuMs of the process that works, so far; default: this one's. */
export async function spentOn(
  work: () => Promise<unknown>,
  cpuMs: () => number = ownCpuMs,
): Promise<Spent> {
  const [startMs, startCpuMs] = [performance.now(), cpuMs()];
  await work();
  return { seconds: (performance.now() - startMs) / 1000, cpuMs: cpuMs() - startCpuMs };
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
