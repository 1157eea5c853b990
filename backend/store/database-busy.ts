/** A write that was not made, because somebody else held the database or too much waited before it. It may be made later. */
export class DatabaseBusy extends Error {
  override readonly name = 'DatabaseBusy';
}

/** Whether SQLite waited in vain for another connection's lock. */
export const isLocked = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  /^SQLITE_(BUSY|LOCKED)/.test(error.code);
