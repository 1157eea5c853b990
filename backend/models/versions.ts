import { desc, eq, sql, type SQL } from 'drizzle-orm';
import { ApiError } from '../../shared/domain/errors.ts';
import { RULES_VERSION, versionOf, type Version } from '../../shared/domain/ids.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { scorerFromBytes, scorerToBytes } from '../../shared/format/scorer-bytes.ts';
import type { Scorer, UnversionedScorer } from '../../shared/score/scorer.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import { sha256Of } from './publish-blob.ts';
import { rulesOfSchema } from '../../shared/score/rules-of-schema.ts';
import type { Store } from '../store/open.ts';
import { weights } from '../store/tables.ts';
import { serial } from '../process/serial.ts';

type Lineage = Record<string, unknown>;

/** `v1000000` comes after `v999999`. */
export const byNumber = sql`cast(substr(${weights.version}, 2) as integer)`;

/** Every scorer that was ever stored, by version. The scorer of a version never changes. */
export interface Versions {
  /** Stores a scorer under the next free version. */
  add(scorer: UnversionedScorer, lineage: Lineage): Promise<Version>;
  /** Stores bytes that have a version already: a store that was lost reads them back from KV. @throws where that version is another scorer. */
  adopt(bytes: Uint8Array, lineage: Lineage): Promise<Version>;
  /** @throws ApiError 404 `unknown_version`. */
  load(version: Version): Promise<Scorer>;
  /** The newest version of a schema. @param schema hash or name. */
  newestOf(schema: string): Promise<Scorer | undefined>;
  /** The first version of a schema: its rules, where it has any. @param schema hash. */
  oldestOf(schema: string): Promise<Scorer | undefined>;
  /** Makes `v000000` from the schema's rules, if there is none. */
  ensureRules(schema: Schema): Promise<void>;
}

export function versions(store: Store, nowMs: () => number): Versions {
  const inTurn = serial();
  const insert = (scorer: Scorer, bytes: Uint8Array, lineage: Lineage) =>
    store.write([
      store.db.insert(weights).values({
        version: scorer.version,
        parent: scorer.parent ?? null,
        name: scorer.name,
        kind: scorer.kind,
        schemaName: scorer.schema.name,
        schemaHash: scorer.schema.hash,
        bytes: Buffer.from(bytes),
        sha256: sha256Of(bytes),
        lineage,
        createdAt: nowMs(),
      }),
    ]);
  const newest = () =>
    store.db.select({ version: weights.version }).from(weights).orderBy(desc(byNumber)).limit(1);
  const firstScorer = async (where: SQL, order: SQL) => {
    const [row] = await store.db
      .select({ bytes: weights.bytes })
      .from(weights)
      .where(where)
      .orderBy(order)
      .limit(1);
    return row && scorerFromBytes(new Uint8Array(row.bytes));
  };
  return {
    add: (scorer, lineage) =>
      inTurn(async () => {
        for (;;) {
          const [last] = await newest();
          const number = last === undefined ? 1 : Number(last.version.slice(1)) + 1;
          const versioned: Scorer = { ...scorer, version: versionOf(number) };
          try {
            await insert(versioned, scorerToBytes(versioned), lineage);
            return versioned.version;
          } catch (error) {
            // Another backend took this number meanwhile: the next one may be free.
            if (!/UNIQUE constraint failed: weights\.version/.test(messageOf(error))) throw error;
          }
        }
      }),

    adopt: (bytes, lineage) =>
      inTurn(async () => {
        const scorer = scorerFromBytes(bytes);
        const { version } = scorer;
        try {
          await insert(scorer, bytes, lineage);
        } catch (error) {
          // Another backend read the same back meanwhile.
          const [row] = await store.db
            .select({ sha256: weights.sha256 })
            .from(weights)
            .where(eq(weights.version, version));
          if (row?.sha256 !== sha256Of(bytes)) throw error;
        }
        return version;
      }),

    load: (version) => loadScorer(store, version),

    newestOf(schema) {
      const column = /^[0-9a-f]{16}$/.test(schema) ? weights.schemaHash : weights.schemaName;
      return firstScorer(eq(column, schema), desc(byNumber));
    },

    oldestOf: (schema) => firstScorer(eq(weights.schemaHash, schema), byNumber),

    async ensureRules(schema) {
      const [row] = await store.db
        .select({ version: weights.version })
        .from(weights)
        .where(eq(weights.version, RULES_VERSION));
      if (row !== undefined) return;
      const scorer = rulesOfSchema(schema);
      await insert(scorer, scorerToBytes(scorer), { rules: schema.name });
    },
  };
}

/** @throws ApiError 404 `unknown_version`. */
export async function loadScorer(store: Store, version: Version): Promise<Scorer> {
  const [row] = await store.db
    .select({ bytes: weights.bytes })
    .from(weights)
    .where(eq(weights.version, version));
  if (row === undefined) throw unknownVersion(version);
  return scorerFromBytes(new Uint8Array(row.bytes));
}

export const unknownVersion = (version: string) =>
  new ApiError(
    404,
    'unknown_version',
    `there is no version ${version}: "trimtab weights" lists them`,
  );
