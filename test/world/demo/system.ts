import type { Part, System } from '../../support/system.ts';

/** What the story needs of a system that runs. */
export interface DemoSystem extends Pick<System, 'keys' | 'directory'> {
  readonly edge: Pick<Part, 'url' | 'ask'>;
  readonly backend: Pick<Part, 'url' | 'ask'>;
}
