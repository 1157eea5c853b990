/**
 * How an attribute is packed. A `path` combines the attributes
 * `from`, from the root down, for example continent and country. An `embedding` is read where related items are found, and no table holds it.
 */
export interface ColumnSpec {
  readonly name: string;
  readonly type: 'category' | 'set' | 'number' | 'date' | 'path' | 'embedding';
  readonly from?: readonly string[];
  /** Of an embedding: how many numbers it has. */
  readonly dimensions?: number;
  /**
   * Of a column of prices the currency that they are compared in, such as `EUR`: what an item has in another one is converted
   * when the catalogue is published. All columns of prices of a schema have the same.
   */
  readonly currency?: string;
  /** The attribute that holds the currency of an item's own price, where the price does not say it itself, as `129 USD` does. */
  readonly currencyFrom?: string;
}
