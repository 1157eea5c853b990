import { parseItem } from '../../shared/domain/item.ts';
import type { Preferences } from '../../shared/domain/preferences.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { examplePreferences } from './example-request.ts';

/** So many items tell what a request may wish. */
export const LOOKED_AT = 200;

/** A request to try, as it is shown to people. */
export const exampleRequest = (preferences: Preferences): object => ({
  sessionId: 'try-1',
  ...(Object.keys(preferences).length > 0 && { preferences }),
  limit: 3,
  explain: true,
});

/**
 * A request that items of the catalogue meet.
 * @param stored some of the catalogue. It is only shown: an item of which nothing can be read keeps nobody from anything.
 */
export function fittingRequest(schema: Schema, stored: readonly object[], nowMs: number): object {
  const items = stored.flatMap((item) => {
    try {
      return [parseItem(item)];
    } catch {
      return [];
    }
  });
  return exampleRequest(examplePreferences(schema, items, nowMs));
}
