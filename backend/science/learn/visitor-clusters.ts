/** Whom a slate is of. */
export interface SlateOf {
  readonly sessionId: string;
  /** Null or absent where nobody was logged in. */
  readonly userId?: string | null;
}

/** The number of the visitor of each slate, where all are in memory. */
export function clustersOf(slates: readonly SlateOf[]): Uint32Array {
  const clusters = visitorClusters();
  for (const slate of slates) clusters.add(slate);
  return clusters.finish();
}

/** Numbers the visitors of slates one by one, so that the slates need not all be in memory at once. */
export interface VisitorClusters {
  add(slate: SlateOf): void;
  /** The cluster of each slate that was added, from 0 on in the order of their first slates. */
  finish(): Uint32Array;
}

/**
 * Slates of one session belong together, and so do all slates of one user: what one visitor did is no independent
 * evidence. Where somebody logs in within a session, or on a second device, all of it is one cluster, so that neither a user
 * nor a session is ever divided (connected components, by union-find).
 */
export function visitorClusters(): VisitorClusters {
  const known = new Map<string, number>();
  /** Of each session and user one that it belongs to; itself where it is the first of its cluster. */
  const parent: number[] = [];
  const slates: number[] = [];
  const numberOf = (name: string) => {
    let number = known.get(name);
    if (number === undefined) {
      number = parent.length;
      known.set(name, number);
      parent.push(number);
    }
    return number;
  };
  const rootOf = (number: number) => {
    while (parent[number] !== number) number = parent[number] = parent[parent[number]];
    return number;
  };
  return {
    add({ sessionId, userId }) {
      const session = numberOf(`session ${sessionId}`);
      slates.push(session);
      if (userId === undefined || userId === null) return;
      const [a, b] = [rootOf(session), rootOf(numberOf(`user ${userId}`))];
      parent[Math.max(a, b)] = Math.min(a, b);
    },
    finish() {
      const numbers = new Map<number, number>();
      return Uint32Array.from(slates, (session) => {
        const root = rootOf(session);
        const number = numbers.get(root) ?? numbers.size;
        numbers.set(root, number);
        return number;
      });
    },
  };
}
