/** What somebody who is signed in may do: look, or act as well. */
export const ROLES = ['viewer', 'operator'] as const;
export type Role = (typeof ROLES)[number];

/** Somebody whose browser is signed in. */
export interface Person {
  readonly role: Role;
  /** As the audit log has it. */
  readonly name: string;
}
