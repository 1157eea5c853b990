import type { Focus, World } from '../world.ts';
import { CALM } from '../platform/network.ts';
import type { KvStore } from '../platform/kv.ts';

const HOUR_MS = 3_600_000;
/** How long all backends are down where it is not for hours. */
const DOWN_MS: Readonly<Record<Focus, number>> = {
  all: 120_000,
  pointer: 120_000,
  // Days are closed while nobody is away.
  people: 20_000,
  bucket: 30_000,
};
/** By then what visitors did before is shipped, mostly: backends that go away after it leave shards nothing to try for days. */
const SHIPPED_MS = 40_000;
/** For so long nobody can read what is live: longer than what was read of it may be served without saying that it is old. */
const UNREADABLE_MS = [110_000, 200_000] as const;

/** Ends processes, stops them for a while, cuts zones off from each other, and takes KV, disks and the database away. */
export class Troubles {
  isOver = false;
  /** For how long hardly anything happened, simulated ms. */
  awayMs = 0;
  /** When backends come back. */
  #backAtMs = -Infinity;
  #wasUnreadable = false;
  #isWeekendAhead = false;
  readonly #kvBackAtMs = new Map<KvStore, number>();
  readonly #world: World;
  readonly #everyMs: number;

  constructor(world: World) {
    this.#world = world;
    const { random, network } = world.simulation;
    // A move takes half a minute where whoever had the lease is stopped: where everybody is ended before, none comes to its end.
    this.#everyMs = random.pick(
      world.focus === 'pointer' ? [20_000, 60_000, 120_000] : [4000, 10_000, 30_000],
    );
    const bad = random.pick(world.focus === 'pointer' ? [0, 0, 0.01] : [0, 0.01, 0.08]);
    network.weather = {
      lost: bad,
      duplicated: random.pick([0, 0.01, 0.05]),
      slow: random.pick(world.focus === 'pointer' ? [0, 0.02, 0.05] : [0, 0.01, 0.05]),
    };
    for (const objects of world.objects) {
      objects.failsToWrite = random.pick([0, 0, 0.002]);
      objects.ringsTwice = 0.01;
    }
    // Whoever waits for a lease asks for it twenty times a second, and gives up where one of these fails.
    world.database.failsToWrite = random.pick(
      world.focus === 'pointer' ? [0, 0, 0, 0.01] : [0, 0, 0.01, 0.04],
    );
    world.database.losesAnswers = random.pick([0, 0, 0.01]);
    world.bucket.failsToWrite = random.pick([0, 0.01]);
    world.logBucket.troubles = {
      lost: random.pick([0, 0.01, 0.05]),
      late: random.pick([0, 0.01]),
      liesOfPuts: random.pick([0, 0.05]),
      lags: random.pick(world.focus === 'bucket' ? [0.1, 0.3] : [0, 0.02, 0.1]),
    };
    // Backends' clocks differ by less than the time of a lease.
    for (const backend of world.backends) backend.clockOffsetMs = random.pick([0, 0, -3000, 4000]);
  }

  start(): void {
    const { simulation } = this.#world;
    const next = () => {
      if (this.isOver) return;
      this.#strike();
      simulation.after(simulation.random.exponential(this.#everyMs), simulation.outside, next);
    };
    simulation.after(this.#everyMs, simulation.outside, next);
    const { focus } = this.#world;
    if (focus === 'pointer' && simulation.random.chance(0.3))
      this.#world.pointerCheck.onWritten.push(() => this.#maybeUnreadable());
    if (focus === 'people' && simulation.random.chance(0.8)) this.#weekend();
  }

  /** Late enough that there are partitions of the days before, and early enough that somebody is deleted of whom they tell. */
  #weekend(): void {
    const { simulation, visitors } = this.#world;
    const { random, outside } = simulation;
    this.#isWeekendAhead = true;
    simulation.after(random.between(45_000, 70_000), outside, () => {
      visitors.isGone = true;
      simulation.after(random.pick([0, SHIPPED_MS]), outside, () => {
        this.#isWeekendAhead = false;
        visitors.isGone = false;
        if (this.isOver) return;
        simulation.fault('all backends down for days');
        visitors.isGone = true;
        this.#stopAll(random.between(61, 70) * HOUR_MS);
      });
    });
  }

  /** What isolates have is old by the time at which it can be read again: it is from before the move. */
  #maybeUnreadable(): void {
    const { simulation, edge } = this.#world;
    const { random, outside } = simulation;
    // Once, as nothing is moved meanwhile.
    if (this.isOver || this.#wasUnreadable || !simulation.strikes('KV down after a move', 0.3))
      return;
    this.#wasUnreadable = true;
    simulation.after(random.between(0, 5000), outside, () => {
      if (!this.isOver) this.#takeAway(edge.weights, false, random.between(...UNREADABLE_MS));
    });
  }

  #takeAway(kv: KvStore, isSlow: boolean, forMs: number): void {
    const { simulation } = this.#world;
    const backAtMs = simulation.nowMs + forMs;
    this.#kvBackAtMs.set(kv, Math.max(backAtMs, this.#kvBackAtMs.get(kv) ?? 0));
    if (isSlow) kv.isSlow = true;
    else kv.isDown = true;
    simulation.after(forMs, simulation.outside, () => {
      if (backAtMs === this.#kvBackAtMs.get(kv)) kv.isDown = kv.isSlow = false;
    });
  }

  /** Days end meanwhile, and hardly anybody comes. */
  #stopAll(forMs: number): void {
    const { simulation, backends, visitors } = this.#world;
    for (const backend of backends) {
      backend.isStopped = true;
      backend.crash();
    }
    const isLong = forMs > HOUR_MS;
    visitors.isAway = isLong;
    if (isLong) this.awayMs += forMs;
    const backAtMs = simulation.nowMs + forMs;
    this.#backAtMs = Math.max(this.#backAtMs, backAtMs);
    simulation.after(forMs, simulation.outside, () => {
      // The end of an earlier, shorter one is not the end of this.
      if (backAtMs < this.#backAtMs) return;
      visitors.isAway = visitors.isGone = false;
      for (const backend of backends) {
        backend.isStopped = false;
        backend.start();
      }
    });
  }

  /** From now on nothing goes wrong any more, and what was taken away comes back. */
  heal(): void {
    this.isOver = true;
    this.#world.visitors.isAway = this.#world.visitors.isGone = false;
    const { simulation, edge, backends } = this.#world;
    simulation.isHealed = true;
    simulation.network.weather = CALM;
    simulation.network.mend();
    this.#world.logBucket.heal();
    for (const kv of [edge.weights, edge.catalogue]) kv.isDown = kv.isSlow = false;
    for (const backend of backends) {
      backend.isStopped = false;
      backend.start();
    }
  }

  #strike(): void {
    // Nothing else happens to a system at rest: hours of it would be all that a world has.
    if (this.#world.visitors.isAway) return;
    const { simulation, edge, backends, objects } = this.#world;
    const { random, network, outside } = simulation;
    const { focus } = this.#world;
    const later = (ms: number, run: () => void) => simulation.after(ms, outside, run);
    const kinds: (() => string)[] = [
      () => {
        edge.restart(random.pick(edge.isolates));
        return 'isolate ended';
      },
      () => {
        const hosts = objects.flatMap((one) => [...one.objects.values()]);
        if (hosts.length > 0) random.pick(hosts).crash();
        return 'object ended';
      },
      () => {
        // Shards learn of it when they start anew: for a while some ship the one way, and some the other.
        if (this.#world.path !== 'both' || !random.chance(0.3)) return 'nothing';
        edge.logPath = edge.logPath === 'store' ? 'backend' : 'store';
        for (const host of edge.eventLogs.objects.values()) if (random.chance(0.7)) host.crash();
        return 'path of the log switched';
      },
      () => {
        const backend = random.pick(backends);
        backend.crash();
        later(random.between(100, 20_000), () => {
          if (!backend.isStopped) backend.start();
        });
        return 'backend ended';
      },
      () => {
        const processes = [
          ...backends.flatMap(({ process }) => process ?? []),
          ...edge.isolates.map(({ process }) => process),
        ];
        random.pick(processes).pausedUntilMs = simulation.nowMs + random.between(500, 40_000);
        return 'process stopped for a while';
      },
      () => {
        const zones = [
          ...backends.map(({ name }) => name),
          'edge EU',
          'edge NA',
          ...[0, 1, 2].map((shard) => `edge shard-${shard}`),
          'outside',
        ];
        network.cut(random.pick(zones), random.pick(zones));
        later(random.between(1000, 60_000), () => network.mend());
        return 'partition';
      },
      () => {
        const kv = random.pick([edge.weights, edge.catalogue]);
        const isSlow = random.chance(0.5);
        this.#takeAway(kv, isSlow, random.between(1000, 60_000));
        return isSlow ? 'KV slow' : 'KV down';
      },
      () => {
        // Days end in the nights, and who is deleted is in partitions of days that have ended.
        if (!random.chance(focus === 'people' ? 0.4 : 0.1)) return 'nothing';
        // Once: each is hours of a world in which hardly anything happens.
        const mayBeLong = this.awayMs === 0 && !this.#isWeekendAhead && focus !== 'pointer';
        const isLong = random.chance(0.3) && mayBeLong;
        this.#stopAll(
          isLong ? random.between(3, 70) * HOUR_MS : random.exponential(DOWN_MS[focus]),
        );
        return isLong ? 'all backends down for hours' : 'all backends down';
      },
    ];
    const kind = random.pick(kinds)();
    if (kind !== 'nothing') simulation.fault(kind);
  }
}
