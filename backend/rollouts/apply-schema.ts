import { canonicalJson } from '../../shared/domain/canonical-json.ts';
import { ApiError } from '../../shared/domain/errors.ts';
import type { Version } from '../../shared/domain/ids.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { logsOfOtherSchemas } from '../log/logs-of-schemas.ts';
import { aboutLog, type SchemaLog } from '../log/schema-log.ts';
import { addVersion, type AddVersionDeps } from '../models/add-version.ts';
import { checkColumns } from '../models/check-columns.ts';
import { lineageAskedFor } from '../models/lineage-asked-for.ts';
import { readLive } from '../models/live-pointer.ts';
import type { LivePointerService } from '../models/live-pointer-service.ts';
import { rulesOfSchema } from '../../shared/score/rules-of-schema.ts';
import type { Versions } from '../models/versions.ts';
import { recordAudit } from '../store/audit.ts';
import type { Store } from '../store/open.ts';

export interface ApplySchemaDeps extends AddVersionDeps {
  readonly store: Store;
  readonly versions: Pick<Versions, 'add' | 'load'>;
  readonly livePointer: Pick<LivePointerService, 'promote'>;
  /** Packs the stored catalogue by a schema. @returns its items. @throws ApiError 400 naming what does not fit. */
  readonly checkCatalogue: (schema: Schema) => Promise<number>;
  readonly nowMs: () => number;
}

export interface AppliedSchema {
  /** False where the very schema was live already: nothing was done. */
  readonly applied: boolean;
  /** The champion now: the rules of the schema. */
  readonly version: Version;
  /** The champion before. */
  readonly before: Version;
  readonly schema: { readonly name: string; readonly hash: string };
  /** In the catalogue, all of which fit. */
  readonly items: number;
  /** What was logged under other schemas, all of it kept. */
  readonly logs: readonly SchemaLog[];
}

/** Whether two schemas are one in all that they say, rules and training settings included. */
export const isSameSchema = (a: Schema, b: Schema): boolean =>
  canonicalJson(a) === canonicalJson(b);

/**
 * Makes another schema live: its rules become a new version, and that the champion at once, as no rollout can compare versions
 * of two schemas. The catalogue is then packed anew. Nothing is deleted: the versions and the log of the schema before stay, and
 * `promote` brings any of them back.
 * @param placement with a lineage of its own; default: the default lineage.
 * @throws ApiError 409 `nothing_live`, `on_hold`, `other_columns`; 404 `no_lineage`; 400 naming the item that does not fit, or the columns where none is known.
 */
export async function applySchema(
  deps: ApplySchemaDeps,
  schema: Schema,
  by: string,
  placement?: string,
): Promise<AppliedSchema> {
  const { store, versions, livePointer, checkCatalogue, nowMs } = deps;
  const live = await readLive(store);
  if (live === undefined)
    throw new ApiError(409, 'nothing_live', 'nothing is live yet: wait until the edge is up');
  const own = lineageAskedFor(live.pointer, placement);
  const before = own.champion;
  if (placement !== undefined)
    checkColumns(schema, (await versions.load(live.pointer.champion)).schema);
  const current = (await versions.load(before)).schema;
  const items = await checkCatalogue(schema);
  const logs = (await logsOfOtherSchemas(store.db, schema, { from: 0, to: nowMs() })).map(aboutLog);
  const about = { before, schema: { name: schema.name, hash: schema.hash }, items, logs };
  if (isSameSchema(current, schema)) return { applied: false, version: before, ...about };
  // Before a version is stored that could not go live.
  if (own.hold === true)
    throw new ApiError(409, 'on_hold', `${before} is held: release first, then apply the schema`);
  const { version: _, ...rules } = rulesOfSchema(schema);
  const placed = placement !== undefined && { placement };
  const version = await addVersion(deps, rules, {
    rules: schema.name,
    before,
    givenBy: by,
    ...placed,
  });
  await livePointer.promote(version, by, placement);
  await store.write([
    recordAudit(store, {
      at: nowMs(),
      actor: by,
      action: 'apply schema',
      subject: version,
      details: {
        schema: schema.name,
        hash: schema.hash,
        before,
        schemaBefore: current.name,
        ...placed,
      },
    }),
  ]);
  return { applied: true, version, ...about };
}
