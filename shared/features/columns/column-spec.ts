/**
 * How an attribute is packed. A `path` combines the attributes
 * `from`, from the root down, for example continent and country.
 */
export interface ColumnSpec {
  readonly name: string;
  readonly type: 'category' | 'set' | 'number' | 'date' | 'path';
  readonly from?: readonly string[];
}
