import { currentProcess } from './process.ts';
import type { QueuedEvent } from './event-queue.ts';

/**
 * Puts simulated ones in the place of the clock, timers, chance and the network of this Node process. Code that runs in no simulated process
 * has the real ones.
 */
export function installGlobals(): void {
  const real = {
    Date: globalThis.Date,
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    random: Math.random,
  };
  const nowMs = () => currentProcess()?.nowMs ?? real.Date.now();
  class SimulatedDate extends real.Date {
    constructor(...given: [] | [number | string | Date]) {
      if (given.length === 0) super(nowMs());
      else super(...(given as [number]));
    }
    static override now(): number {
      return nowMs();
    }
  }
  const timeout = (run: (...given: unknown[]) => void, ms = 0, ...given: unknown[]) => {
    const process = currentProcess();
    if (process === undefined) return real.setTimeout(run, ms, ...given);
    return process.simulation.after(ms, process, () => run(...given));
  };
  const interval = (run: () => void, ms = 0) => {
    const process = currentProcess();
    if (process === undefined) throw new Error('an interval outside of every simulated process');
    const repeated = { isCancelled: false };
    const again = () => {
      process.simulation.after(ms, process, () => {
        if (repeated.isCancelled) return;
        again();
        run();
      });
    };
    again();
    return repeated;
  };
  const clear = (timer: QueuedEvent | NodeJS.Timeout | null | undefined) => {
    if (timer !== null && timer !== undefined && 'isCancelled' in timer) timer.isCancelled = true;
    else real.clearTimeout(timer ?? undefined);
  };
  const bits = () => {
    const process = currentProcess();
    return process === undefined
      ? Math.floor(real.random() * 0x1_0000_0000)
      : process.simulation.codeRandom.bits();
  };
  const fill = <T extends ArrayBufferView>(view: T): T => {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    for (let i = 0; i < bytes.length; i++) bytes[i] = bits() & 255;
    return view;
  };
  Object.assign(globalThis, {
    Date: SimulatedDate,
    setTimeout: timeout,
    clearTimeout: clear,
    setInterval: interval,
    clearInterval: clear,
    fetch: (url: string, init: RequestInit = {}) => {
      const process = currentProcess();
      if (process === undefined) throw new Error('fetch outside of every simulated process');
      return process.simulation.network.fetch(process, url, init);
    },
  });
  Math.random = () => bits() / 0x1_0000_0000;
  crypto.getRandomValues = fill;
  crypto.randomUUID = randomUUID;
  AbortSignal.timeout = (ms: number) => {
    const controller = new AbortController();
    timeout(() => controller.abort(new DOMException('timed out', 'TimeoutError')), ms);
    return controller.signal;
  };
  for (const level of ['error', 'warn', 'info', 'log'] as const) {
    const said = console[level].bind(console);
    console[level] = (...given: unknown[]) => {
      if (currentProcess() === undefined) said(...given);
    };
  }

  function randomUUID() {
    const hex = Array.from({ length: 4 }, () => bits().toString(16).padStart(8, '0')).join('');
    const variant = '89ab'[bits() & 3];
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}` as const;
  }
}
