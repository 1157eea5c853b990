import type { Row } from '@libsql/client';
import { serve } from '../process/serve.ts';
import { connect, type Database } from './connect.ts';

/** More findings than these tell nothing new. */
const MAX_FINDINGS = 3;

/** Reading every page of a large database takes long, so it is not done in the thread that answers requests. */
const exposed = {
  /**
   * Reads every page, one table with its indexes after the other, so that the log of writes can be emptied in between.
   * @returns what is damaged; empty where nothing is.
   */
  async check(database: Database): Promise<string[]> {
    const client = connect(database);
    try {
      const { rows } = await client.execute(
        `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`,
      );
      const findings: string[] = [];
      for (const table of rows.map(firstText)) {
        const checked = await client.execute(
          `PRAGMA quick_check("${table.replaceAll('"', '""')}")`,
        );
        const texts = checked.rows.map(firstText).filter((text) => text !== 'ok');
        findings.push(...texts.map((text) => `${table}: ${firstLine(text)}`));
        if (findings.length >= MAX_FINDINGS) break;
      }
      return findings.slice(0, MAX_FINDINGS);
    } finally {
      client.close();
    }
  },
};

const firstText = (row: Row): string => (typeof row[0] === 'string' ? row[0] : '');

/** Of several lines the first is a heading. */
const firstLine = (text: string): string => text.replace(/^\*\*\*.*\n/, '').split('\n')[0];

export type PageCheckWorker = typeof exposed;
serve(exposed);
