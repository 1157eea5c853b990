import { statSync } from 'node:fs';
import { sql } from 'drizzle-orm';
import { duration } from '../../shared/text/text.ts';
import type { Database } from '../store/connect.ts';
import { localPathOf } from '../store/local-path.ts';
import type { Store } from '../store/open.ts';
import type { UpgradeStatus } from '../store/upgrade/finalize.ts';
import { checkClock } from './check-edge.ts';
import { looked, ok, problem, warning, type Check } from './check.ts';

const MIB = 1024 * 1024;
/** The log is emptied again and again: one as large is held by a reader that does not end. */
const LARGE_LOG_BYTES = 512 * MIB;
/** A share that a night's rewriting would give back. */
const MUCH_FREE = 0.5;
const OLD_COPY_MS = 14 * 86_400_000;

/** What a running backend can tell of its database. @param problems those that `/health/ready` has found of it, pages included. */
export async function checkDatabase(
  store: Pick<Store, 'db' | 'probe'>,
  database: Database,
  found: readonly string[],
  nowMs: () => number,
): Promise<Check[]> {
  const backup = 'docs/operating.md#backups';
  return [
    ...(await looked(
      'database: writable',
      `make room on its disk, or restore a backup (${backup})`,
      async () => {
        await store.probe(nowMs());
        return ok('database: writable', 'a row was written');
      },
    )),
    found.length === 0
      ? ok('database: whole', 'every page was read when it was last checked')
      : problem('database: whole', found.join('; '), backup),
    ...(await looked('clocks: database', 'let NTP set the server’s clock', async () => {
      const fromMs = nowMs();
      const [{ at }] = await store.db.all<{ at: number }>(
        sql`select cast(unixepoch('now', 'subsec') * 1000 as integer) as at`,
      );
      // It counts whole milliseconds, rounded down.
      return checkClock('clocks: database', 'the database’s', at, fromMs - 1, nowMs());
    })),
    ...(await looked('database: size', backup, () => checkSize(store, database))),
  ];
}

async function checkSize({ db }: Pick<Store, 'db'>, { url }: Database): Promise<Check[]> {
  const path = localPathOf(url);
  if (path === undefined) return [ok('database: size', 'a libSQL server keeps its own')];
  const [{ pages, free }] = await db.all<{ pages: number; free: number }>(sql`
    select (select page_count from pragma_page_count()) as pages,
      (select freelist_count from pragma_freelist_count()) as free`);
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  const size = statSync(path).size;
  const text = `${Math.ceil(size / MIB)} MiB, of which ${Math.round((100 * free) / Math.max(1, pages))} % are free, and ${Math.ceil(log / MIB)} MiB of log`;
  if (log > LARGE_LOG_BYTES)
    return [
      warning(
        'database: size',
        `${text}: something has read it for long, so that the log cannot be emptied`,
        'end what reads it (a backup, a shell), or restart the backend',
      ),
    ];
  return [
    free / Math.max(1, pages) > MUCH_FREE && size > 64 * MIB
      ? warning('database: size', text, '"trimtab data prune" rewrites it')
      : ok('database: size', text),
  ];
}

export function checkUpgrade(
  { newest, open, waiting, unknown, copies }: UpgradeStatus,
  nowMs: number,
): Check {
  const name = 'database: upgrade';
  if (unknown.length > 0)
    return warning(
      name,
      `a newer version has added ${unknown.join(', ')}, and this one goes on without`,
      'start the newer version, or stay on this one (docs/operating.md#going-back-after-an-upgrade)',
    );
  if (open.length + waiting.length + copies.length === 0)
    return ok(name, `final, at ${newest ?? 'nothing yet'}`);
  const ages = copies.map(
    (copy) => nowMs - (statSync(copy, { throwIfNoEntry: false })?.mtimeMs ?? nowMs),
  );
  const age = Math.max(0, ...ages);
  const found = `one may go back; open: ${[...open, ...waiting].join(', ') || 'nothing'}`;
  return age > OLD_COPY_MS
    ? warning(
        name,
        `${found}. A copy from before is ${duration(age)} old: it takes room, and holds what was deleted since`,
        '"trimtab upgrade finalize", once nobody goes back',
      )
    : ok(name, found);
}
