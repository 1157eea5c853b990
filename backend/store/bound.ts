import type { Store } from './open.ts';
import type { BoundStatement } from './writer.ts';

/** Statements that another thread hands to the one connection that writes. */
export type Write = (statements: BoundStatement[]) => Promise<number[]>;

/** In that thread: as a store's. */
export const bound =
  (write: Write): Store['write'] =>
  (statements) =>
    write(
      statements.map((statement) => {
        const { sql, params } = statement.toSQL();
        return { sql, args: params as BoundStatement['args'] };
      }),
    );

/** In the thread of the store: what the other is given, through a proxy. */
export const writeOf =
  (store: Pick<Store, 'write'>): Write =>
  (statements) =>
    store.write(statements.map(({ sql, args }) => ({ toSQL: () => ({ sql, params: args }) })));
