import { env } from 'cloudflare:workers';
import type { Attributes, Item } from '../../../shared/domain/item.ts';
import type { ItemId } from '../../../shared/domain/ids.ts';
import type { PatchRef, SnapshotPointer } from '../../../shared/domain/pointer.ts';
import { catalogueTable, sortColumns } from '../../../shared/features/catalogue-table.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { patchToBytes } from '../../../shared/format/patch-bytes.ts';
import { snapshotHash, snapshotToBytes } from '../../../shared/format/snapshot-bytes.ts';

export type Changes = ReadonlyMap<string, Attributes | undefined>;

/** A catalogue that is put live as a whole and by patches, as the backend does. */
export class PatchedCatalogue {
  readonly items: Map<string, Attributes>;
  pointer!: SnapshotPointer;

  constructor(items: readonly Item[]) {
    this.items = new Map(items.map(({ id, attributes }) => [id, attributes]));
  }

  /** What the whole catalogue is as bytes. */
  whole(): {
    readonly bytes: Uint8Array<ArrayBuffer>;
    readonly hash: string;
    readonly sort: number[];
  } {
    const items = Array.from(this.items, ([id, attributes]) => ({ id: id as ItemId, attributes }));
    const table = catalogueTable(
      smarttrip,
      items.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    );
    const bytes = snapshotToBytes(smarttrip, table);
    return { bytes, hash: snapshotHash(bytes), sort: sortColumns(smarttrip, table) };
  }

  async publishWhole(): Promise<string> {
    const { bytes, hash } = this.whole();
    await env.CATALOGUE.put(`s/${hash}/0`, bytes);
    await this.point({ hash, parts: 1, sizeBytes: bytes.length, at: Date.now() });
    return hash;
  }

  /**
   * Makes changes live by a patch behind those there are.
   * @param since in place of the last patches from this place on, which the new one stands for as well: all that has changed since then.
   * @returns the hash of the whole.
   */
  async publishPatch(
    changes: Changes,
    since?: { place: number; changes: Changes },
  ): Promise<string> {
    for (const [id, own] of changes)
      if (own === undefined) this.items.delete(id);
      else this.items.set(id, own);
    const { hash: to, sort } = this.whole();
    const { patches = [], ...base } = this.pointer;
    const stay = patches.slice(0, since?.place ?? patches.length);
    const from = [base.hash, ...patches.map((patch) => patch.to)].slice(stay.length);
    const all = new Map([...(since?.changes ?? []), ...changes]);
    const put = [...all.keys()].flatMap((id) => {
      const attributes = this.items.get(id);
      return attributes === undefined ? [] : [{ id: id as ItemId, attributes }];
    });
    const bytes = patchToBytes(smarttrip, {
      from,
      edit: {
        sort,
        withdrawn: [...all.keys()].filter((id) => !this.items.has(id)),
        put: packItems(smarttrip.columns, put),
      },
    });
    const patch: PatchRef = { hash: snapshotHash(bytes), sizeBytes: bytes.length, to };
    await env.CATALOGUE.put(`p/${patch.hash}/0`, bytes);
    await this.point({ ...base, at: Date.now(), patches: [...stay, patch] });
    return to;
  }

  async point(pointer: SnapshotPointer): Promise<void> {
    this.pointer = { ...pointer, at: Math.max(pointer.at, (this.pointer?.at ?? 0) + 1) };
    await env.CATALOGUE.put('active', JSON.stringify(this.pointer));
  }
}
