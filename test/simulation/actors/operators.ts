import type { Version } from '../../../shared/domain/ids.ts';
import { identityKeys } from '../../../shared/domain/identity.ts';
import type { GivenId } from '../../../shared/domain/ids.ts';
import { additiveFromPoints } from '../../../shared/score/scorer.ts';
import type { Backend } from '../platform/backend.ts';
import { SECRETS } from '../platform/edge.ts';
import type { Focus, World } from '../world.ts';

/** Up to where of 0 to 1 they add a version, promote, roll back, release, and change the traffic; above that they delete a user. */
const SHARES: Readonly<Record<Focus, readonly number[]>> = {
  all: [0.2, 0.4, 0.55, 0.75, 0.92],
  // What is held stays held for a while, and is asked for all the same.
  pointer: [0.1, 0.35, 0.48, 0.6, 1],
  people: [0.05, 0.1, 0.15, 0.2, 0.25],
  bucket: [0.2, 0.4, 0.5, 0.7, 0.9],
};
/** Of moves that are asked for one after the other, how many a backend is stopped in; undefined: they are asked for at any time. */
const STOPPED: readonly (number | undefined)[] = [undefined, 0.1, 0.8, 0.8];

const EVERY_MS: Readonly<Record<Focus, readonly number[]>> = {
  all: [2000, 8000, 20_000],
  // More than a system without faults can do only makes all of them wait for each other, and none is answered.
  pointer: [3000, 8000, 15_000],
  // Rarely enough that some of those who were there on a day that has ended are deleted only afterwards.
  people: [2000, 8000],
  bucket: [8000, 20_000],
};
/** How long a move of the pointer takes where nothing is in its way. */
const MOVE_TAKES_MS = 120;
/** What the commit of a move names behind which it is stopped: its revision, or what is intended. */
const MOVE_COMMITS = ['pointer_revisions', '"intended"', '"intended"'];
const ROLLBACKS = 5;
/** As long as a backend that is stopped in a move keeps others from moving the pointer. */
const LEASE_OF_MOVES_MS = 21_000;
/** Longer than the lease under which the pointer is moved. */
const LONGEST_STOP_MS = 45_000;
/** How late a write arrives that is held up: by then another backend may have the lease. */
const HELD_UP_MS = [18_000, 60_000] as const;
const POINTER = '/WEIGHTS/active';
const PATIENCE_MS = 5000;

/** Who adds versions, moves the pointer, starts and ends experiments, and deletes users, by whichever backend answers. */
export class Operators {
  readonly #everyMs: number;
  readonly #shares: readonly number[];
  readonly #stopped: number | undefined;
  isOver = false;
  readonly #versions: Version[] = ['v000000' as Version];
  #experiments = 0;
  /** Until then a backend may be stopped in a move: nobody asks for others, and hardly anybody releases what is rolled back meanwhile. */
  #stoppedUntilMs = 0;
  /** What happens when KV is given the next pointer. */
  #whenWritten: (() => void) | undefined;
  readonly #world: World;
  readonly #identity = identityKeys([SECRETS.identity])[0];

  constructor(world: World) {
    this.#world = world;
    this.#everyMs = world.simulation.random.pick(EVERY_MS[world.focus]);
    this.#shares = SHARES[world.focus];
    if (world.focus === 'pointer') this.#stopped = world.simulation.random.pick(STOPPED);
    world.pointerCheck.onWritten.push(() => {
      const happens = this.#whenWritten;
      this.#whenWritten = undefined;
      happens?.();
    });
  }

  start(): void {
    const { simulation } = this.#world;
    if (this.#stopped !== undefined) return void this.#actInTurn(this.#stopped);
    const next = () => {
      if (this.isOver) return;
      simulation.after(simulation.random.exponential(this.#everyMs), simulation.outside, next);
      void this.#act();
    };
    simulation.after(this.#everyMs, simulation.outside, next);
  }

  async #act(): Promise<void> {
    const { simulation, backends } = this.#world;
    const { random } = simulation;
    const backend = random.pick(backends);
    const { life } = backend;
    if (life === undefined) return;
    const what = random.next();
    const version = random.pick(this.#versions);
    const isBusy = this.#world.focus === 'pointer' && this.#stoppedUntilMs > simulation.nowMs;
    const [adds, promotes, rollsBack, releases, changes] = this.#shares;
    if (what < adds && this.#versions.length < 6) await this.#addVersion(backend);
    else if (what < promotes) {
      if (isBusy) return;
      await this.#movedOrRolledBack(backend, this.#promote(backend, version));
    } else if (what < rollsBack) {
      await this.#rollBack(backend);
    } else if (what < releases) {
      if (this.#stoppedUntilMs > simulation.nowMs && random.chance(0.8)) return;
      await this.#release(backend);
    } else if (what < changes) {
      if (isBusy) return;
      await this.#movedOrRolledBack(backend, this.#newTraffic(backend));
    } else await this.#deleteUser(backend);
  }

  /**
   * One after the other, as where all ask at any time most of it is held, and what fails is asked for again by somebody else: a move, in
   * which a backend may be stopped; where it is not answered, a rollback by another one, of which nobody may know; and then what is refused as long as that holds.
   */
  async #actInTurn(stopped: number): Promise<void> {
    const { simulation, backends } = this.#world;
    const { random, outside } = simulation;
    let isHeld = false;
    const move = (backend: Backend) =>
      random.chance(0.4)
        ? this.#promote(backend, random.pick(this.#versions))
        : this.#newTraffic(backend);
    while (!this.isOver) {
      await outside.sleep(random.exponential(this.#everyMs / 2));
      const backend = random.pick(backends);
      if (this.#versions.length < 6 && random.chance(0.4)) await this.#addVersion(backend);
      if (isHeld) {
        if (random.chance(0.3)) await Promise.race([move(backend), outside.sleep(PATIENCE_MS)]);
        else isHeld = !(await this.#release(backend));
        continue;
      }
      this.#maybeStop(backend, stopped);
      const isAnswered = await Promise.race([move(backend), outside.sleep(PATIENCE_MS)]);
      this.#letGo(backend);
      if (isAnswered === true || this.isOver) continue;
      for (let i = 0; i < ROLLBACKS && !isHeld; i++) {
        await outside.sleep(random.exponential(500));
        isHeld = await this.#rollBack(random.pick(backends.filter((one) => one !== backend)));
      }
      for (let i = random.below(5); i > 0 && !this.isOver; i--) {
        await outside.sleep(random.exponential(LONGEST_STOP_MS / 4));
        await Promise.race([move(random.pick(backends)), outside.sleep(PATIENCE_MS)]);
      }
    }
  }

  async #addVersion(backend: Backend): Promise<void> {
    const { life } = backend;
    if (life === undefined) return;
    const added = await this.#ask(backend, 'version added', () =>
      life.versions.add(this.#scorer(), {}),
    );
    if (added === undefined) return;
    this.#versions.push(added);
    await this.#ask(backend, 'version published', () => life.publishVersion(added));
  }

  /** @returns undefined where it was refused or failed, or nobody knows; so do the others. */
  #promote(backend: Backend, version: Version): Promise<boolean | undefined> {
    return this.#ask(backend, 'promotion', async () => {
      await backend.life?.livePointer.promote(version, 'operator');
      return true;
    });
  }

  #newTraffic(backend: Backend): Promise<boolean | undefined> {
    this.#changeTraffic();
    return this.#ask(backend, 'traffic', async () => {
      await backend.life?.livePointer.refreshTraffic('operator');
      return true;
    });
  }

  /** @returns whether it was answered that it is done; so does the next one. */
  async #release(backend: Backend): Promise<boolean> {
    const answered = this.#world.pointerCheck.asks('release');
    const done = await this.#ask(backend, 'release', async () => {
      await backend.life?.livePointer.release('operator');
      return true;
    });
    answered(done === true);
    return done === true;
  }

  async #rollBack(backend: Backend): Promise<boolean> {
    const { life } = backend;
    if (life === undefined) return false;
    const { simulation, pointerCheck } = this.#world;
    const version = simulation.random.pick(this.#versions);
    const answered = pointerCheck.asks('rollback', version);
    const done = await this.#ask(backend, 'rollback', async () => {
      await life.livePointer.rollback(version, 'operator');
      return true;
    });
    answered(done === true);
    return done === true;
  }

  /** A backend may be stopped in the midst of a move; where it does not answer, or says that it failed, some have another one roll back. */
  async #movedOrRolledBack(
    backend: Backend,
    isAnswered: Promise<boolean | undefined>,
  ): Promise<void> {
    const { simulation, backends } = this.#world;
    const { random, outside } = simulation;
    this.#maybeStop(backend, this.#world.focus === 'pointer' ? 0.3 : 0.05);
    const impatient = outside.sleep(PATIENCE_MS).then(() => undefined);
    if ((await Promise.race([isAnswered, impatient])) === true || this.isOver) return;
    const others = backends.filter((one) => one !== backend);
    const isStopped = this.#stoppedUntilMs > simulation.nowMs;
    if (random.chance(isStopped ? 0.9 : 0.5)) await this.#rollBack(random.pick(others));
  }

  /** What a move has recorded and not written yet, or has written and not recorded, lies between two moments that chance alone hardly ever finds. */
  #maybeStop({ process }: Backend, probability: number): void {
    const { simulation, focus, database } = this.#world;
    const { random, outside, network } = simulation;
    const isPointers = focus === 'pointer';
    if (process === undefined || !simulation.strikes('stopped in a move', probability)) return;
    const stop = (leastMs: number) => {
      if (simulation.isHealed) return;
      process.pausedUntilMs = simulation.nowMs + random.between(leastMs, LONGEST_STOP_MS);
    };
    const kind = isPointers ? random.next() : 1;
    if (kind < 0.8) this.#stoppedUntilMs = simulation.nowMs + LONGEST_STOP_MS;
    if (kind < 0.4)
      database.afterCommits.set(process, {
        naming: random.pick(MOVE_COMMITS),
        happens: () => stop(LEASE_OF_MOVES_MS),
      });
    else if (kind < 0.6) this.#whenWritten = () => stop(LEASE_OF_MOVES_MS);
    else if (kind < 0.8) network.holdUp(process, POINTER, random.between(...HELD_UP_MS));
    else simulation.after(random.between(0, MOVE_TAKES_MS), outside, () => stop(500));
  }

  /** What has not happened in its move must not happen in another one, which nobody waits for. */
  #letGo({ process }: Backend): void {
    this.#whenWritten = undefined;
    if (process === undefined) return;
    this.#world.database.afterCommits.delete(process);
    this.#world.simulation.network.letGo(process);
  }

  async #deleteUser(backend: Backend): Promise<void> {
    const { simulation, ledger } = this.#world;
    const { life } = backend;
    const { random } = simulation;
    const all = [...ledger.usersOfSession.values()].flatMap((some) => [...some]);
    const left = all.filter((user) => !ledger.maybeDeletedUsers.has(user));
    // Some are deleted again, as where nobody knows whether they were.
    const users = left.length > 0 && random.chance(0.8) ? left : all;
    if (users.length === 0 || life === undefined) return;
    const user = random.pick(users);
    ledger.maybeDeletedUsers.add(user);
    const done = await this.#ask(backend, 'user deleted', () =>
      life.deleteUser(this.#identity.userId(user as GivenId)),
    );
    if (done !== undefined) ledger.deletedUsers.set(user, simulation.nowMs);
  }

  #changeTraffic(): void {
    const { simulation } = this.#world;
    const { random } = simulation;
    if (random.chance(0.3)) {
      this.#world.traffic = {};
      return;
    }
    const { layers = [] } = this.#world.traffic;
    if (layers.length > 0 && random.chance(0.4)) {
      this.#world.traffic = {
        ...this.#world.traffic,
        layers: layers.map((layer) => ({
          ...layer,
          experiments: layer.experiments.map((one) => ({ ...one, status: 'stopped' as const })),
        })),
      };
      return;
    }
    const id = `exp_${++this.#experiments}`;
    this.#world.traffic = {
      layers: [
        {
          name: 'rollouts',
          salt: `layer ${id}`,
          unit: 'session',
          experiments: [
            {
              id,
              salt: `salt ${id}`,
              status: 'running',
              range: [0, random.pick([0.01, 0.2, 0.5, 1])],
              traffic: 1,
              arms: [
                { name: 'control', weight: 50 },
                { name: 'treatment', weight: 50 },
              ],
              design: 'split',
              trigger: 'ranked',
            },
          ],
        },
      ],
      arms: { [`${id}:treatment`]: random.pick(this.#versions) },
    };
  }

  /** @returns what it came to; undefined where it failed, or nobody knows. */
  async #ask<T>(
    backend: Backend,
    operation: string,
    job: () => Promise<T>,
  ): Promise<T | undefined> {
    const { simulation } = this.#world;
    const process = backend.life?.process;
    if (process === undefined) return undefined;
    simulation.count(operation);
    const outcome = await process.serve(job);
    return outcome !== 'gone' && 'value' in outcome ? outcome.value : undefined;
  }

  #scorer() {
    const { schema, simulation } = this.#world;
    const points = { stars: Array.from({ length: 4 }, () => simulation.random.below(5)) };
    const { version: _, ...scorer } = additiveFromPoints(schema, points, {
      version: 'v000000' as Version,
      name: 'simulated',
      exploration: { temperature: 1, epsilon: 0.1, poolSize: 8 },
    });
    return scorer;
  }
}
