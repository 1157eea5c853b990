/** A trip as the shop's Worker tells it from the live catalogue. What the catalogue does not know is left out. */
export interface Trip {
  readonly id: string;
  readonly themes?: readonly string[];
  /** 1 (anyone) to 5 (experts). */
  readonly difficulty?: number;
  readonly durationDays?: number;
  /** Euro per person. */
  readonly price?: number;
  readonly status?: string;
  readonly tripType?: string;
  /** Epoch ms. */
  readonly departure?: number;
  readonly continent?: string;
  /** ISO 3166-1 alpha-2. */
  readonly country?: string;
}
