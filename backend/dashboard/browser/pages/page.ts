import type { Topic } from '../../changes.ts';
import type { Section } from '../dom.ts';

/** A page of the dashboard. */
export interface Page {
  /** It is read again when one of these has changed. */
  readonly topics: readonly Topic[];
  /** And as often as this, whatever changes. */
  readonly everyMs?: number;
  readonly load: () => Promise<readonly Section[]>;
}

/** Shows the page anew, after something was done. */
export const refreshPage = (): boolean => dispatchEvent(new Event('trimtab:refresh'));
