/** Counting one takes seconds: the page asks for each no more often than this. */
const FRESH_MS = 60_000;

/** @returns a function that, given the experiments of now, answers id → report. @param read path → JSON */
export function experimentReports(read) {
  const known = new Map();
  return async (experiments, nowMs) => {
    const wanted = experiments.filter(({ startedAt }) => startedAt !== null);
    const shown = [
      ...wanted.filter(({ status }) => status === 'running'),
      ...wanted.filter(({ status }) => status === 'stopped').slice(0, 3),
    ];
    for (const { id, status } of shown) {
      const before = known.get(id);
      if (before?.status === status && nowMs - before.askedAt < FRESH_MS) continue;
      const { report } = await read(`experiments/${id}`);
      known.set(id, { status, askedAt: nowMs, report });
    }
    return new Map([...known].map(([id, { report }]) => [id, report]));
  };
}
