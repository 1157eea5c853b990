import { counted } from '../../shared/text/text.ts';

/** On how many days of a span something was ranked under a schema that is not the one in question. */
export interface SchemaLog {
  readonly name: string;
  readonly hash: string;
  readonly days: number;
  /** How many features of the schema in question it has too, by equal codes. */
  readonly shared: number;
  /** Whether training reads it: at least half of the features of either schema must be shared. */
  readonly isRead: boolean;
}

/** Without what only a reader of it needs. */
export const aboutLog = ({ name, hash, days, shared, isRead }: SchemaLog): SchemaLog => ({
  name,
  hash,
  days,
  shared,
  isRead,
});

/** `12 days of logs of schema smarttrip (0123…), learned from by the 7 features that it shares`; empty where there are none. */
export const schemaLogsText = (logs: readonly SchemaLog[]): string =>
  logs
    .map(
      ({ name, hash, days, shared, isRead }) =>
        `${counted(days, 'day')} of logs of schema ${name} (${hash}), ${
          isRead
            ? `learned from by the ${counted(shared, 'feature')} that are shared`
            : `kept and not learned from, as only ${counted(shared, 'feature')} are shared`
        }`,
    )
    .join('; ');
