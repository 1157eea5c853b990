import { parsePointer, type Pointer } from '../../shared/domain/pointer.ts';

/**
 * Reads the pointer that says which weights are live: the WEIGHTS key `active`.
 * @returns the pointer and the text that it was read from.
 * @throws Error when nothing is published, or the value is not a pointer.
 */
export async function readPointer(
  weights: KVNamespace,
  cacheTtlS: number,
): Promise<{ pointer: Pointer; text: string }> {
  const text = await weights.get('active', { cacheTtl: cacheTtlS });
  if (text === null) throw new Error('nothing is published: the WEIGHTS key "active" is absent');
  const pointer = parsePointer(text);
  if (pointer === undefined)
    throw new Error(
      `the WEIGHTS key "active" is not a pointer: ${JSON.stringify(text.slice(0, 80))}`,
    );
  return { pointer, text };
}
