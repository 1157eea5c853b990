import { vi } from 'vitest';

/** Waits until the expectations hold, on however busy a machine. */
export const eventually = (expectations: () => Promise<void>): Promise<void> =>
  vi.waitFor(expectations, { timeout: 120_000, interval: 20 });
