/**
 * The newest of the short-lived objects that a ranking or feedback makes, so that one of each kind is always there
 * (docs/adr/0077-objects-that-keep-code.md).
 *
 * V8 compiles code for the hidden classes of the objects that it has met, and holds these weakly. Where a full garbage collection finds
 * no object of such a class any more, it throws the code away ("embedded weak objects cleared"), and all objects of a ranking are
 * gone once it is answered. Without these, all code of a ranking was interpreted anew after some ten thousand rankings, and
 * most of it never came as far as the best compiler.
 *
 * Nobody reads them. They hold what their request held until the next one of the isolate.
 */
export const newest: Partial<
  Record<
    | 'answer'
    | 'asked'
    | 'bytes'
    | 'claims'
    | 'decision'
    | 'draw'
    | 'events'
    | 'filter'
    | 'hash'
    | 'logged'
    | 'pool'
    | 'prices'
    | 'program'
    | 'ranking'
    | 'scan'
    | 'speech'
    | 'sums',
    unknown
  >
> = {};
