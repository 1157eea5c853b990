import type { ItemSource } from '../../shared/domain/decision.ts';
import type { Item } from '../../shared/domain/item.ts';
import type { RankableTable } from '../../shared/score/rankable.ts';
import type { Role } from '../platform/settings.ts';

/**
 * Who vouches for what was ranked. A publishable key is in every page, so whoever has it could send an item with any
 * attributes, and teach what is learned with them.
 * @param candidates absent: the whole catalogue. @param catalogue undefined when there is none of the schema.
 */
export function itemSourceOf(
  candidates: readonly Item[] | undefined,
  catalogue: RankableTable | undefined,
  role: Role,
): ItemSource {
  const isKnown = ({ id, attributes }: Item) =>
    catalogue?.rows.has(id) === true && Object.keys(attributes).length === 0;
  if (candidates === undefined || candidates.every(isKnown)) return 'catalogue';
  return role === 'secret' ? 'server' : 'browser';
}
