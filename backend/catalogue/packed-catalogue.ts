import type { Client } from '@libsql/client';
import type { ItemId } from '../../shared/domain/ids.ts';
import type { Item } from '../../shared/domain/item.ts';
import { sortColumns } from '../../shared/features/catalogue-table.ts';
import type { Trade } from '../../shared/domain/trade.ts';
import { attributesAt, packItems } from '../../shared/features/columns/item-table.ts';
import type { RowsById } from '../../shared/features/columns/row-index.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { patchFromBytes, patchToBytes } from '../../shared/format/patch-bytes.ts';
import {
  snapshotFromBytes,
  snapshotHash,
  snapshotToBytes,
} from '../../shared/format/snapshot-bytes.ts';
import { editTable, type EditableTable, type EditedTable } from '../../shared/score/edit-table.ts';
import type { PatchPlan } from './patch-plan.ts';
import { readTrade } from './read-trade.ts';
import { buildSnapshot, type BuiltSnapshot } from './snapshot.ts';
import {
  changedIds,
  changedItems,
  lastRevision,
  storedItems,
  type ChangedItem,
} from './stored-items.ts';

export interface StoredSnapshot extends BuiltSnapshot {
  /** Why values of stored items were left out: they were read less strictly when they were stored. */
  readonly dropped: readonly string[];
  /** All changes up to it are in it. */
  readonly revision?: number;
  /** How to come here from the state that the plan began with. */
  readonly patch?: {
    readonly bytes: Uint8Array<ArrayBuffer>;
    /** In place of the first patches there are, as the plan said. */
    readonly fold?: Uint8Array<ArrayBuffer>;
    /** The whole of that state, where the plan said to make a base of it. */
    readonly base?: Uint8Array<ArrayBuffer>;
  };
}

/** With more changes than this share the catalogue is packed as a whole. */
const MOST_CHANGED = 1 / 10;
/** Of few items all are packed in no time. */
const LEAST_CHANGED = 1000;
/** After so long it is packed as a whole in any case, and compared. */
const WHOLE_EVERY_MS = 86_400_000;

interface State extends EditableTable {
  readonly schemaHash: string;
  readonly hash: string;
  readonly revision: number;
  readonly trade: Trade | undefined;
}

/**
 * The catalogue as it was packed last, so that few changes take as long as these: reading and packing a million items takes half a minute.
 * What a patch makes of it here is what it makes of it at the edge, and its bytes are those of the whole, by the hash of which it is named.
 */
export class PackedCatalogue {
  #state: State | undefined;
  #wholeAtMs = Number.NEGATIVE_INFINITY;
  readonly #nowMs: () => number;

  /** @param nowMs of a clock that never goes back. */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** @param plan absent: no patch is wanted, and all is packed anew. */
  async build(client: Client, schema: Schema, plan?: PatchPlan): Promise<StoredSnapshot> {
    const trade = await readTrade(client);
    const edited = plan && (await this.#edited(client, schema, plan, trade));
    if (edited !== undefined && this.#nowMs() - this.#wholeAtMs < WHOLE_EVERY_MS) {
      this.#state = edited.state;
      return edited.built;
    }
    const whole = await this.#whole(client, schema, trade);
    // Compared once a day: a patch is only offered where it leads to what all items give.
    return edited?.built.hash === whole.hash ? edited.built : whole;
  }

  async #whole(client: Client, schema: Schema, trade: Trade | undefined): Promise<StoredSnapshot> {
    // Before the items are read: a change that comes in between is made again.
    const revision = await lastRevision(client);
    const dropped: string[] = [];
    const items = await storedItems(client, schema, trade?.rates, (why) => dropped.push(why));
    const built = buildSnapshot(schema, items, trade);
    const { table, blocks } = snapshotFromBytes(built.bytes.slice(), true);
    const rows = table.ids as unknown as RowsById;
    const { hash, schemaHash } = built;
    this.#state = { table, rows, schemaHash, hash, revision, trade, ...(blocks && { blocks }) };
    this.#wholeAtMs = this.#nowMs();
    return { ...built, dropped, revision };
  }

  /** @returns undefined where it takes all items to know what is to be published. */
  async #edited(
    client: Client,
    schema: Schema,
    plan: PatchPlan,
    trade: Trade | undefined,
  ): Promise<{ state: State; built: StoredSnapshot } | undefined> {
    const known = this.#state;
    if (known?.schemaHash !== schema.hash || known.revision < plan.baseRevision) return undefined;
    // All prices may be others.
    if (JSON.stringify(known.trade) !== JSON.stringify(trade)) return undefined;
    const dropped: string[] = [];
    const most = Math.max(LEAST_CHANGED, known.table.ids.length * MOST_CHANGED);
    const range = { from: plan.baseRevision, since: known.revision, most };
    const onDropped = (why: string) => void dropped.push(why);
    const changed = await changedItems(client, schema, trade?.rates, range, onDropped);
    if (changed === undefined) return undefined;
    const isLive = known.hash === plan.hash;
    // Another backend may have published since this one packed.
    const before = isLive ? [] : changed.filter(({ revision }) => revision <= plan.revision);
    const live = before.length === 0 ? known : editedBy(schema, known, before)?.state;
    if (live === undefined || live.hash !== plan.hash) return undefined;
    const fresh = isLive ? changed : changed.filter(({ revision }) => revision > plan.revision);
    const after =
      fresh.length === 0
        ? { state: live, bytes: bytesOf(live), patch: undefined }
        : editedBy(schema, live, fresh);
    if (after === undefined) return undefined;
    const { state, bytes, patch } = after;
    const items = state.table.ids.length;
    const built = { hash: state.hash, schemaHash: schema.hash, items, bytes, dropped };
    const revision = Math.max(live.revision, state.revision);
    if (patch === undefined || items === 0) return { state, built: { ...built, revision } };
    const { fold, rebase } = plan;
    return {
      state,
      built: {
        ...built,
        revision,
        patch: {
          bytes: patch,
          ...(rebase && { base: bytesOf(live) }),
          ...(fold && {
            fold: patchToBytes(schema, {
              from: fold.from,
              edit: editOf(
                schema,
                sortColumns(schema, state.table),
                itemsIn(state, await changedIds(client, plan.baseRevision, fold.upTo)),
              ),
            }),
          }),
        },
      },
    };
  }
}

interface Edited {
  readonly state: State;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly patch: Uint8Array<ArrayBuffer>;
}

/** @returns undefined where the rows of the whole would lie in another order. */
function editedBy(
  schema: Schema,
  before: State,
  changed: readonly ChangedItem[],
): Edited | undefined {
  const sort = sortColumns(schema, before.table);
  const patch = patchToBytes(schema, {
    from: [before.hash],
    edit: editOf(schema, sort, changed),
  });
  const { table, blocks } = editTable(before, patchFromBytes(patch).edit);
  if (String(sortColumns(schema, table)) !== String(sort)) return undefined;
  const edited = stateOf({ table, ...(blocks && { blocks }) }, before, changed);
  const bytes = bytesOf(edited);
  return { state: { ...edited, hash: snapshotHash(bytes) }, bytes, patch };
}

const stateOf = (
  edited: EditedTable,
  { schemaHash, revision, trade }: State,
  changed: readonly ChangedItem[],
): Omit<State, 'hash'> => ({
  ...edited,
  // Those of a table that was edited are both.
  rows: edited.table.ids as unknown as RowsById,
  schemaHash,
  trade,
  revision: changed.reduce((last, own) => Math.max(last, own.revision), revision),
});

const bytesOf = ({ schemaHash, table, trade }: Omit<State, 'hash'>): Uint8Array<ArrayBuffer> =>
  snapshotToBytes({ hash: schemaHash }, table, trade);

const editOf = (
  schema: Schema,
  sort: readonly number[],
  changed: readonly Pick<ChangedItem, 'id' | 'item'>[],
) => ({
  sort,
  withdrawn: changed.flatMap(({ id, item }) => (item === undefined ? [id] : [])),
  put: packItems(
    schema.columns,
    changed.flatMap(({ item }) => item ?? []),
  ),
});

/** Items as a table has them. */
const itemsIn = (
  { table, rows }: EditableTable,
  ids: readonly string[],
): Pick<ChangedItem, 'id' | 'item'>[] =>
  ids.map((id) => {
    const row = rows.get(id);
    if (row === undefined) return { id };
    const item: Item = { id: id as ItemId, attributes: attributesAt(table, row) };
    return { id, item };
  });
