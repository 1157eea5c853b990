import { json, type BackendClient } from './backend-client.ts';

const IDS_AT_ONCE = 1000;

/** The ids of all items of the catalogue. */
export async function storedIds(client: BackendClient): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | undefined; ;) {
    const query = { limit: IDS_AT_ONCE, ...(after !== undefined && { after }) };
    const page = await json(client.items.$get({ query }));
    ids.push(...page.items.map(({ id }) => id));
    if (page.next === undefined) return ids;
    after = page.next;
  }
}

export async function deleteItems(client: BackendClient, ids: readonly string[]): Promise<void> {
  for (let from = 0; from < ids.length; from += IDS_AT_ONCE)
    await json(client.items.delete.$post({ json: { ids: ids.slice(from, from + IDS_AT_ONCE) } }));
}
