import { messageOf } from '../../shared/text/message-of.ts';
import { installGlobals } from './kernel/globals.ts';
import { installMessages } from './kernel/messages.ts';
import { Violation } from './kernel/simulation.ts';
import { installHooks } from './loader/hooks.ts';
import type { Mutation } from './loader/mutations.ts';
import { makeTemplate, type DatabaseTemplate } from './platform/database.ts';
import { loadSystem, type System } from './system.ts';
import { World, type WorldReport, type WorldWish } from './world.ts';

/** What a world came to; `violation`: what it broke. */
export interface Ran extends WorldReport {
  readonly violation?: Violation;
}

/** Makes this Node process one that simulates, once and for all. @returns what runs worlds. */
export async function simulator(): Promise<Simulator> {
  installHooks();
  installMessages();
  installGlobals();
  const template = await makeTemplate(await loadSystem());
  return new Simulator(template);
}

export class Simulator {
  readonly #template: DatabaseTemplate;
  readonly #systems = new Map<string, Promise<System>>();
  /** A promise of production code that nobody handles, which would end its process. */
  #unhandled: unknown;

  constructor(template: DatabaseTemplate) {
    this.#template = template;
    process.on('unhandledRejection', (error) => (this.#unhandled ??= error));
    process.on('exit', () => template.remove());
  }

  /** @param size operations until everything is healed. @param wish what is left to chance by default. @throws what is no violation: a fault of the simulation. */
  async run(seed: number, size: number, mutation?: Mutation, wish?: WorldWish): Promise<Ran> {
    const name = mutation?.name ?? '';
    const loaded = this.#systems.get(name) ?? loadSystem(mutation);
    this.#systems.set(name, loaded);
    const world = new World(seed, await loaded, this.#template, wish);
    try {
      await world.run(size);
      if (this.#unhandled !== undefined)
        throw new Violation('every failure is handled', messageOf(this.#unhandled));
      return world.report;
    } catch (error) {
      if (error instanceof Violation) return { ...world.report, violation: error };
      throw new Error(`the simulation itself failed in the world of seed ${seed}`, {
        cause: error,
      });
    } finally {
      this.#unhandled = undefined;
      await world.close();
    }
  }
}
