import type { Bucket } from '../../../backend/log/stored-batches/bucket.ts';
import { currentProcess, type Process } from '../kernel/process.ts';
import type { Simulation } from '../kernel/simulation.ts';
import type { Network } from './network.ts';

interface Stored {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly tag: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly atMs: number;
}

/** How often things go wrong with it. */
export interface BucketTroubles {
  /** A request, or its answer, is lost. */
  lost: number;
  /** A put takes effect once more, up to minutes later. */
  late: number;
  /** It says that a put is refused, as there is such a key, and there is none. */
  liesOfPuts: number;
  /** A list does not have what was put a moment ago. */
  lags: number;
}

const CALM: BucketTroubles = { lost: 0, late: 0, liesOfPuts: 0, lags: 0 };
const LAG_MS = 30_000;
const LATEST_MS = 180_000;
const PAGE = 20;

/** The bucket of the log: R2 by binding for the edge, and over S3 for backends. */
export class LogBucket {
  readonly objects = new Map<string, Stored>();
  troubles: BucketTroubles = CALM;
  readonly #simulation: Simulation;
  readonly #network: Network;
  #writes = 0;

  constructor(simulation: Simulation, network: Network) {
    this.#simulation = simulation;
    this.#network = network;
  }

  heal(): void {
    this.troubles = CALM;
  }

  /** As `R2Bucket`, as far as shards use it. */
  readonly binding = {
    put: (
      key: string,
      bytes: Uint8Array<ArrayBuffer>,
      { customMetadata }: { readonly customMetadata: Record<string, string> },
    ) => {
      const copy = bytes.slice();
      return this.#asked(currentProcess()!, 'log put', () => {
        const { late, liesOfPuts } = this.troubles;
        if (this.#simulation.strikes('put refused without cause', liesOfPuts)) return null;
        const put = () => this.#putIf(key, copy, undefined, customMetadata);
        if (this.#simulation.strikes('put came again later', late)) {
          const { random, outside } = this.#simulation;
          this.#simulation.after(random.between(100, LATEST_MS), outside, () => void put());
        }
        return put() === undefined ? null : {};
      });
    },
    head: (key: string) =>
      this.#asked(currentProcess()!, 'log head', () => {
        const found = this.objects.get(key);
        return found === undefined
          ? null
          : { size: found.bytes.length, customMetadata: found.metadata };
      }),
  };

  /** What a backend has of it. */
  of(process: Process): Bucket {
    const asked = <T>(operation: string, work: () => T) => this.#asked(process, operation, work);
    return {
      page: (prefix, after) =>
        asked('log list', () => {
          const keys = this.#listed(prefix).filter((key) => key > after);
          return {
            keys: keys
              .slice(0, PAGE)
              .map((key) => ({ key, sizeBytes: this.objects.get(key)!.bytes.length })),
            isLast: keys.length <= PAGE,
          };
        }),
      folders: (prefix) =>
        asked('log list', () => [
          ...new Set(
            this.#listed(prefix).flatMap((key) => {
              const end = key.indexOf('/', prefix.length);
              return end === -1 ? [] : [key.slice(0, end + 1)];
            }),
          ),
        ]),
      read: (key) =>
        asked('log get', () => {
          const found = this.objects.get(key);
          return found && { bytes: found.bytes.slice(), tag: found.tag };
        }),
      putIf: (key, bytes, tag) => {
        const copy = new Uint8Array(bytes);
        return asked('log lease', () => this.#putIf(key, copy, tag, {}));
      },
      delete: (key) => asked('log delete', () => void this.objects.delete(key)),
    };
  }

  #listed(prefix: string): string[] {
    const { nowMs } = this.#simulation;
    const isUnlisted = ({ atMs }: Stored) =>
      nowMs - atMs < LAG_MS && this.#simulation.strikes('list lagged', this.troubles.lags);
    return [...this.objects]
      .filter(([key, stored]) => key.startsWith(prefix) && !isUnlisted(stored))
      .map(([key]) => key)
      .toSorted();
  }

  #putIf(
    key: string,
    bytes: Uint8Array<ArrayBuffer>,
    tag: string | undefined,
    metadata: Readonly<Record<string, string>>,
  ): string | undefined {
    if (this.objects.get(key)?.tag !== tag) return undefined;
    const stored = { bytes, tag: `"${++this.#writes}"`, metadata, atMs: this.#simulation.nowMs };
    this.objects.set(key, stored);
    return stored.tag;
  }

  /** A request takes effect at one moment, whether or not who asked is there to hear of it. */
  #asked<T>(from: Process, operation: string, work: () => T): Promise<T> {
    const simulation = this.#simulation;
    const { outside } = simulation;
    simulation.count(operation);
    const isLost = () => simulation.strikes('request of the bucket lost', this.troubles.lost);
    return new Promise((resolve, reject) => {
      const fails = () => reject(new Error('503 Slow Down'));
      const arrives = (): void => {
        if (isLost()) return void simulation.after(this.#network.delayMs(), from, fails);
        const done = work();
        const isHeard = !isLost();
        simulation.after(this.#network.delayMs(), from, isHeard ? () => resolve(done) : fails);
      };
      void from.gate().then(() => simulation.after(this.#network.delayMs(), outside, arrives));
    });
  }
}
