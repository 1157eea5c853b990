import { sql } from 'drizzle-orm';
import type { Store } from '../../store/open.ts';
import type { Places } from '../../log/retention/shown-receipt.ts';
import { INVENTORY, type Names, type Periods } from './inventory.ts';

export interface RecordOfProcessing {
  readonly createdAt: number;
  readonly controller: { readonly name: string | null; readonly contact: string | null };
  readonly processing: {
    holds: string;
    purpose: string;
    names: Names;
    where: string[];
    tables: string[];
    keptDays: number | null;
    rows: number;
  }[];
  readonly recipients: string[];
  readonly security: string[];
  readonly erasure: string;
}

export interface RecordInputs {
  readonly periods: Periods;
  readonly places: Places;
  readonly controller: { readonly name?: string; readonly contact?: string };
  /** Kinds of channels that alerts are sent to. */
  readonly channels: readonly string[];
  readonly erasureHours: number;
  /** Whether an identity provider signs people in. */
  readonly hasOidc: boolean;
}

/** What is logged is copied there. */
const COPIED: ReadonlySet<string> = new Set(['decisions', 'events', 'outcomes']);

/** A record of processing activities (GDPR, article 30) from the configuration in force and what is stored now. */
export async function recordOfProcessing(
  { db }: Pick<Store, 'db'>,
  { periods, places, controller, channels, erasureHours, hasOidc }: RecordInputs,
  nowMs: number,
): Promise<RecordOfProcessing> {
  const database = places.database === 'file' ? 'the database file' : 'the libSQL server';
  const store = `the training data (${places.trainingStore === 'folder' ? 'a folder of the backend' : 'a bucket'})`;
  const processing: RecordOfProcessing['processing'][number][] = [];
  for (const { holds, purpose, names, tables, kept } of INVENTORY) {
    let rows = 0;
    for (const table of tables) {
      const [{ n }] = await db.all<{ n: number }>(
        sql`select count(*) as n from ${sql.identifier(table)}`,
      );
      rows += n;
    }
    processing.push({
      holds,
      purpose,
      names,
      where: [database, ...(tables.some((table) => COPIED.has(table)) ? [store] : [])],
      tables: [...tables],
      keptDays: periods[kept],
      rows,
    });
  }
  return {
    createdAt: nowMs,
    controller: { name: controller.name ?? null, contact: controller.contact ?? null },
    processing,
    recipients: [
      places.isEdgeLocal
        ? 'nobody for the edge: it runs on this machine'
        : 'Cloudflare, which runs the edge: requests pass through it, and it holds what is not yet shipped',
      ...(places.database === 'server' ? ['the operator of the libSQL server'] : []),
      ...(places.trainingStore === 'bucket' ? ['the operator of the bucket'] : []),
      ...channels.map((channel) => `${channel}: alerts, which name no visitor`),
      ...(hasOidc ? ['the identity provider that signs operators in'] : []),
    ],
    security: [
      'ids of sessions and users are keyed (HMAC-SHA-256) before anything is stored; e-mail addresses and telephone numbers are refused as ids',
      'addresses and user agents of visitors are not stored',
      'without consent a ranking is stored without session, user, context and history',
      'batches from the edge are signed; routes need a key, compared in constant time; files are their owner’s only',
      'what is deleted is overwritten, and the file is rewritten at the next pruning',
    ],
    erasure: `a person is erased on request from all places within ${erasureHours} hours, with a receipt; an alert says where that took longer`,
  };
}

const keptText = (days: number | null) =>
  days === null ? 'for ever, or until it is replaced' : `${days} days`;
const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
const list = (lines: readonly string[]) => lines.map((line) => `- ${cell(line)}\n`).join('');

/** The same as Markdown. */
export function recordMarkdown(record: RecordOfProcessing): string {
  const { createdAt, controller, processing, recipients, security, erasure } = record;
  const rows = processing.map(
    (one) =>
      `| ${[one.holds, one.names, one.purpose, one.where.join(', '), keptText(one.keptDays), one.rows.toLocaleString('en')].map(cell).join(' | ')} |\n`,
  );
  return `# Record of processing activities

Made ${new Date(createdAt).toISOString()} by Trimtab from the configuration in force and what is stored now (GDPR, article 30).

- Controller: ${cell(controller.name ?? 'not set: privacy.controller.name')}
- Contact: ${cell(controller.contact ?? 'not set: privacy.controller.contact')}

## What is stored

| what | names | purpose | where | kept | rows now |
| --- | --- | --- | --- | --- | --- |
${rows.join('')}
"Visitors" are named by keyed ids alone. Age counts from the newest entry of the log.

## Who receives it

${list(recipients)}
## How it is secured

${list(security)}
## Erasure

${cell(erasure)}.
`;
}
