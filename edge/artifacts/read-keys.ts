import { parseKeyList, type KeyList } from '../../shared/domain/access-key.ts';

/** Of the WEIGHTS namespace: the list of keys that operators made. */
export const KEYS_KEY = 'keys';

/** @returns an empty list where none was ever made. @throws Error where it is no list. */
export async function readKeys(weights: KVNamespace, cacheTtlS?: number): Promise<KeyList> {
  const text = await weights.get(KEYS_KEY, cacheTtlS === undefined ? {} : { cacheTtl: cacheTtlS });
  if (text === null) return { revision: 0, keys: [] };
  const list = parseKeyList(text);
  if (list === undefined) throw new Error('the WEIGHTS key "keys" is no list of keys');
  return list;
}
