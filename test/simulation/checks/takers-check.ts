import type { Task } from '../../../backend/log/stored-batches/marks.ts';
import type { ObjectLease } from '../../../backend/log/stored-batches/object-lease.ts';
import type { Simulation } from '../kernel/simulation.ts';
import type { Backend } from '../platform/backend.ts';
import type { Process } from '../kernel/process.ts';

/** Longer than clocks of backends differ. */
const MARGIN_MS = 15_000;

/** Whether one backend at a time takes the batches of a shard and day. Two would store each once, and do all of it twice. */
export class TakersCheck {
  readonly #last = new Map<string, { process: Process; backend: Backend; lease: ObjectLease }>();
  readonly #simulation: Simulation;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  readonly takes = (backend: Backend, { day, shard }: Task, lease: ObjectLease): void => {
    const name = `${day}/${shard}`;
    const before = this.#last.get(name);
    if (
      before !== undefined &&
      before.process !== backend.process &&
      before.process.isAlive &&
      before.lease.isHeld(MARGIN_MS)
    )
      this.#simulation.violate(
        'one backend at a time takes what a shard has put',
        `${backend.name} and ${before.backend.name} take ${name}`,
      );
    this.#last.set(name, { process: backend.process!, backend, lease });
  };
}
