/** Which ranking and item an order came of. */
export interface OrderCredit {
  /** `order`: a page told of its booking. */
  readonly by: 'order' | 'ranking' | 'user' | 'session';
  readonly rankingId: string;
  readonly itemId: string;
  /** Epoch ms. */
  readonly rankedAt: number;
  /** Epoch ms, never before it was ranked. */
  readonly bookedAt: number;
}
