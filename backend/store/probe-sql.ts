/**
 * First a row that needs pages which the database does not have yet: on a full disk a small change still finds room in
 * those that it has. It is rolled back, or its pages would be the room that the next probe finds. Then a small row, to
 * the disk: always the same one, a lease that nobody holds.
 */
export const probeSql = (nowMs: number) => `
  BEGIN IMMEDIATE;
  INSERT INTO leases (name, holder, expiresAt) VALUES ('probe of room', hex(zeroblob(65536)), 0);
  ROLLBACK;
  INSERT INTO leases (name, holder, expiresAt) VALUES ('probe of writing', '', ${nowMs})
    ON CONFLICT (name) DO UPDATE SET expiresAt = excluded.expiresAt;`;
