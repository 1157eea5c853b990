import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Remote } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { messageOf } from '../../shared/text/message-of.ts';
import { wrap } from './transfer-errors.ts';

/** A worker thread whose calls cannot hang: a call that is open when the thread ends rejects. */
export interface Thread<T> {
  call<R>(use: (remote: Remote<T>) => Promise<R>): Promise<R>;
  /** Waits for its start and for open calls, for at most a few seconds. */
  stop(): Promise<void>;
}

const nameOf = (file: URL): string | undefined => file.pathname.split('/').at(-1);

/** A start ends by itself, and a busy machine makes it long; calls may go on for minutes. */
const START_GRACE_MS = 120_000;
const STOP_GRACE_MS = 5000;
/**
 * The most that V8 reserves for new objects of one thread, in MiB. Left to itself it takes 128 while a thread loads its
 * modules and seldom gives them back, so threads at rest held several times what they use.
 */
const YOUNG_GENERATION_MIB = 16;

/** Starts a thread, gives it to `use`, and ends it before the result is returned. @param file as for `startThread`. */
export const inThread =
  <T>(file: URL, workerData?: unknown) =>
  async <R>(use: (thread: Thread<T>) => Promise<R>): Promise<R> => {
    const thread = startThread<T>(file, workerData);
    try {
      return await use(thread);
    } finally {
      await thread.stop();
    }
  };

export interface ThreadOnDemand<T> extends Thread<T> {
  /** How many threads were started so far: who told one what it has to know tells the next one again. */
  starts(): number;
}

/**
 * A thread that starts at its first call: threads load the database driver and their own modules, about half a second of
 * processor time each, which a backend that has just started needs for answering.
 *
 * Where it has ended by itself, such as for want of memory, the next call starts another one. Of those that end one after the other before
 * they have answered anything, the third begins a second after the second has ended, the next after 2 s, 4 s … a minute; calls meanwhile reject.
 * @param file as for `startThread`. @param nowMs a clock that does not go back.
 */
export function threadOnDemand<T>(
  file: URL,
  workerData?: unknown,
  nowMs: () => number = () => performance.now(),
): ThreadOnDemand<T> {
  let thread: Thread<T> | undefined;
  let isStopped = false;
  let starts = 0;
  /** How many have ended in a row without an answer. */
  let inVain = 0;
  let startsAgainAtMs = 0;
  let lastEnd: Error | undefined;
  let hasAnswered = false;
  const start = () => {
    hasAnswered = false;
    const started = startThread<T>(file, workerData, (why) => {
      if (thread !== started) return;
      thread = undefined;
      lastEnd = why;
      inVain = hasAnswered ? 0 : inVain + 1;
      startsAgainAtMs = inVain < 2 ? 0 : nowMs() + Math.min(60_000, 1000 * 2 ** (inVain - 2));
    });
    starts++;
    return started;
  };
  return {
    starts: () => starts,
    async call(use) {
      if (isStopped) throw new Error(`thread ${nameOf(file)} was stopped`);
      const pauseMs = startsAgainAtMs - nowMs();
      if (thread === undefined && inVain >= 2 && pauseMs > 0)
        throw new Error(
          `thread ${nameOf(file)} has ended ${inVain} times before it answered, and is started again in ${Math.ceil(pauseMs / 1000)} s: ${messageOf(lastEnd)}`,
        );
      const asked = (thread ??= start());
      const answer = await asked.call(use);
      if (asked === thread) hasAnswered = true;
      return answer;
    },
    async stop() {
      isStopped = true;
      await thread?.stop();
    },
  };
}

/** @param file URL of a module that ends with `serve` of a `T`. @param onEnd told why it ended, before any call is. */
export function startThread<T>(
  file: URL,
  workerData?: unknown,
  onEnd: (why: Error) => void = () => {},
): Thread<T> {
  const worker = new Worker(file, {
    workerData,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB },
  });
  const endpoint = nodeEndpoint(worker);
  const remote = wrap<T>(endpoint);
  /** comlink answers for any name, with undefined where nothing has it. */
  const answers = wrap<{ idle: unknown }>(endpoint);
  const name = nameOf(file);
  let failure: Error | undefined;
  const ended = new Promise<never>((_, reject) => {
    worker.once('error', (error) => {
      failure = new Error(`thread ${name} ended: ${messageOf(error)}`, { cause: error });
    });
    worker.once('exit', (code) => {
      const why = failure ?? new Error(`thread ${name} ended with code ${code}`);
      onEnd(why);
      reject(why);
    });
  });
  // Without a call in flight nothing handles this rejection, which would end the process.
  ended.catch(() => {});
  const open = new Set<Promise<unknown>>();
  const hasStarted = Promise.resolve(answers.idle);
  return {
    async call(use) {
      const asked = Promise.race([use(remote), ended]);
      open.add(asked);
      try {
        return await asked;
      } finally {
        open.delete(asked);
      }
    },
    async stop() {
      // A thread that is terminated inside libSQL's driver ends the whole process, as the driver panics. So its start and
      // its open calls end first; then it answers once more, which it can only do outside the driver.
      const within = (graceMs: number, what: Promise<unknown>) =>
        Promise.race([what, ended, sleep(graceMs, undefined, { ref: false })]).catch(() => {});
      await within(START_GRACE_MS, hasStarted);
      const isIdle = Promise.allSettled(open).then(() => answers.idle);
      await within(STOP_GRACE_MS, isIdle);
      await worker.terminate();
    },
  };
}
