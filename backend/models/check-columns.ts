import { ApiError } from '../../shared/domain/errors.ts';
import { differingColumns } from '../../shared/features/same-columns.ts';
import type { Schema } from '../../shared/features/schema.ts';

/**
 * A placement is ranked from the catalogue that is packed for the default lineage.
 * @param own of the placement. @param main of the default lineage. @throws ApiError 409 `other_columns` naming those that differ.
 */
export function checkColumns(own: Schema, main: Schema): void {
  const differing = differingColumns(own, main);
  if (differing.length > 0)
    throw new ApiError(
      409,
      'other_columns',
      `schema ${own.name} has other columns than ${main.name}, by which the catalogue is packed: ${differing.join(', ')}. A placement may have features of its own over the same columns`,
    );
}
