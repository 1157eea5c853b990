/**
 * The newest of the short-lived objects that a ranking or feedback makes, so that one of each kind is always there
 * (docs/adr/0077-objects-that-keep-code.md).
 *
 * V8 compiles code for the hidden classes of the objects that it has met, and holds these weakly. Where a full garbage collection finds
 * no object of such a class any more, it throws the code away ("embedded weak objects cleared"), and all objects of a ranking are
 * gone once it is answered. Without these, all code of a ranking was interpreted anew after some ten thousand rankings, and
 * most of it never came as far as the best compiler.
 *
 * Nobody reads them. Those of the last eight requests stay, as what one has another may lack, such as an experiment.
 */
export type Newest = Partial<
  Record<
    | 'allowed'
    | 'answer'
    | 'asked'
    | 'bytes'
    | 'claims'
    | 'counts'
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
    | 'restriction'
    | 'scan'
    | 'speech'
    | 'state'
    | 'sums',
    unknown
  >
>;

const ofRequests: readonly Newest[] = Array.from({ length: 8 }, () => ({}));
let request = 0;

/** Of the request whose code runs. */
export let newest = ofRequests[0];

/**
 * Another request begins.
 * @param isLarge of one that takes so much memory that nothing of it is to stay. @returns what it goes on with, by `goOnWith`.
 */
export function beginNewest(isLarge: boolean): Newest {
  request = (request + 1) % ofRequests.length;
  newest = isLarge ? {} : ofRequests[request];
  return newest;
}

/** A request goes on after it has waited, while the code of others ran. */
export function goOnWith(own: Newest): void {
  newest = own;
}
