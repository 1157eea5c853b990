import type { Rejection } from '../collect/accept-events.ts';
import type { Configured } from '../platform/settings.ts';

const TIMEOUT_MS = 15_000;

/**
 * Puts items into the catalogue, by the backend and with the key that the caller has shown: attributes that are named are changed, and items
 * that are not there are added.
 * @param items each with its place in the list that came. @returns those that the backend did not take.
 */
export async function putItems(
  items: readonly (readonly [index: number, item: object])[],
  request: Request,
  { settings }: Configured,
): Promise<Rejection[]> {
  if (items.length === 0) return [];
  const ask = async (method: 'PATCH' | 'PUT', some: readonly object[]): Promise<unknown> => {
    const response = await fetch(`${settings.backendUrl}/v1/items`, {
      method,
      body: JSON.stringify(some),
      headers: {
        'content-type': 'application/json',
        authorization: request.headers.get('authorization')!,
      },
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const body: unknown = await response.json();
    if (response.status === 200) return body;
    const { code = 'refused', message = `the backend answered ${response.status}` } = body as {
      code?: string;
      message?: string;
    };
    throw new Refused(response.status >= 500 ? 'unavailable' : code, message);
  };
  try {
    // Of one item that is there several times the last one counts, as it comes.
    const merged = new Map<unknown, object>();
    for (const [, item] of items) {
      const { id } = item as { id: unknown };
      merged.set(id, { ...merged.get(id), ...item });
    }
    const { unknown } = (await ask('PATCH', [...merged.values()])) as { unknown: string[] };
    const fresh = new Set(unknown);
    const added = [...merged].filter(([id]) => fresh.has(String(id))).map(([, item]) => item);
    if (added.length > 0) await ask('PUT', added);
    return [];
  } catch (error) {
    const { code, message } =
      error instanceof Refused
        ? error
        : {
            code: 'unavailable',
            message: 'the backend could not be reached: send the items again',
          };
    if (!(error instanceof Refused)) console.error('items could not be put', error);
    return items.map(([index]) => ({ index, code, message }));
  }
}

class Refused extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
