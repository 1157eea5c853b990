import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Client } from '@libsql/client';
import { drizzle } from 'drizzle-orm/libsql/sqlite3';
import type { Store } from '../../../backend/store/open.ts';
import type { Writer } from '../../../backend/store/writer-calls.ts';
import type { Process } from '../kernel/process.ts';
import type { Simulation } from '../kernel/simulation.ts';
import type { System } from '../system.ts';

/** In memory where the machine has such a folder: what is durable is the simulation's to say. */
const FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** A migrated, empty database, of which each world has a copy. */
export interface DatabaseTemplate {
  readonly folder: string;
  readonly path: string;
  remove(): void;
}

export async function makeTemplate({ connect, migrate }: System): Promise<DatabaseTemplate> {
  const folder = mkdtempSync(join(FOLDER, 'trimtab-simulation-'));
  const path = join(folder, 'template.db');
  const { href: url } = pathToFileURL(path);
  const client = connect({ url });
  await migrate(
    client,
    url,
    new URL('../../../backend/store/migrations', import.meta.url).pathname,
  );
  client.close();
  return { folder, path, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/**
 * The database that the backends share, with the real writer over a real file. A commit happens at one moment between its request and
 * its answer: a backend that ends before has written nothing, and one that ends afterwards does not know that it has.
 */
export class Database {
  failsToWrite = 0;
  losesAnswers = 0;
  /** What happens to a process after its next commit whose statements have a text. */
  readonly afterCommits = new Map<
    Process,
    { readonly naming: string; readonly happens: () => void }
  >();
  readonly client: Client;
  readonly writer: Writer;
  readonly path: string;
  readonly #simulation: Simulation;
  readonly #system: System;

  constructor(simulation: Simulation, system: System, template: DatabaseTemplate) {
    this.#simulation = simulation;
    this.#system = system;
    this.path = join(template.folder, `world-${simulation.seed}.db`);
    copyFileSync(template.path, this.path);
    this.client = system.connect({ url: pathToFileURL(this.path).href });
    this.writer = system.localWriter(this.path);
  }

  open(): Promise<void> {
    return this.writer.open();
  }

  /** What one backend has of it. */
  storeOf(process: Process): Store {
    const { client, writer } = this;
    const simulation = this.#simulation;
    const gated = new Proxy(client, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== 'function') return value;
        const method = value.bind(target) as (...given: unknown[]) => unknown;
        if (key !== 'execute' && key !== 'batch') return method;
        return async (...given: unknown[]) => {
          simulation.count('database read');
          await process.sleep(simulation.random.between(0.1, 2));
          return method(...given);
        };
      },
    });
    const commits = this.#system.groupCommits(async (group) => {
      simulation.count('database write');
      const { random } = simulation;
      await process.sleep(random.between(0.2, 5));
      if (simulation.strikes('database write failed', this.failsToWrite))
        throw new Error('SQLITE_FULL: database or disk is full');
      const written = await writer.write(group);
      this.#committed(process, group);
      await process.sleep(random.between(0.2, 5));
      if (simulation.strikes('database answer lost', this.losesAnswers))
        throw new Error('the connection to the database was lost');
      return written;
    });
    return {
      db: drizzle(gated),
      write: async (statements) =>
        statements.length === 0 ? [] : commits.write(statements.map(this.#system.bindLocally)),
      probe: (nowMs) => writer.probe(nowMs),
      compact: () => writer.compact(),
      emptyLog: () => writer.emptyLog(),
      close: () => Promise.resolve(),
    };
  }

  #committed(process: Process, group: Parameters<Writer['write']>[0]): void {
    const awaited = this.afterCommits.get(process);
    if (awaited === undefined || !isNamedIn(group, awaited.naming)) return;
    this.afterCommits.delete(process);
    awaited.happens();
  }

  async close(): Promise<void> {
    this.client.close();
    await this.writer.close();
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${this.path}${suffix}`, { force: true });
  }
}

/** Whether a text, as SQL or within JSON that is stored, is in any of the statements. */
const isNamedIn = (group: Parameters<Writer['write']>[0], text: string): boolean => {
  let isFound = false;
  JSON.stringify(group, (_, value: unknown) => {
    isFound ||= typeof value === 'string' && value.includes(text);
    return value;
  });
  return isFound;
};
