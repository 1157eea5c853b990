import type { Store } from './open.ts';
import { bind, unbind, type BoundStatement } from './statements.ts';

/** `Store.write` as it crosses threads: a statement becomes plain SQL with its arguments. */
export type RemoteWrite = (statements: BoundStatement[]) => Promise<number[]>;

/** In the main thread: what a worker is handed, through comlink's `proxy`. */
export const remoteWriteOf =
  (store: Pick<Store, 'write'>): RemoteWrite =>
  (statements) =>
    store.write(statements.map(unbind));

/** In the worker: writes through the one connection that may, which the main thread's writer owns. */
export const writeThrough =
  (write: RemoteWrite): Store['write'] =>
  (statements) =>
    write(statements.map(bind));
