/**
 * Workers' rate limiting binding for workerd outside of Cloudflare, where a process has one isolate: counts in its memory, in
 * periods that follow each other (fixed windows). workerd makes one of it for each binding and gives it the binding's rate.
 * What the Worker sees of it is `edge/platform/rate-limiter.ts`.
 */
export default function rateLimiter({
  limit,
  periodS,
}: {
  readonly limit: number;
  readonly periodS: number;
}) {
  const counts = new Map<string, number>();
  let period = 0;
  return {
    limit({ key }: { readonly key: string }): Promise<{ success: boolean }> {
      const current = Math.floor(Date.now() / (periodS * 1000));
      if (current !== period) counts.clear();
      period = current;
      const count = (counts.get(key) ?? 0) + 1;
      // What is over the limit already is not counted on.
      if (count <= limit) counts.set(key, count);
      return Promise.resolve({ success: count <= limit });
    },
  };
}
