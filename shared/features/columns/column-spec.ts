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
}
