import type { Version } from '../../shared/domain/ids.ts';
import type { Settings } from '../platform/settings.ts';

/**
 * The headers of a ranking's answer. They say which version and snapshot it was made by, which change seldom, so they are kept in the
 * form that a response takes over fastest.
 */
export class RankHeaders {
  readonly #isOpen: boolean;
  #latest: { version: Version; snapshot: string; headers: Headers } | undefined;

  /** Where pages of any origin may call, the header that says so is kept with the others. */
  constructor({ allowedOrigins }: Pick<Settings, 'allowedOrigins'>) {
    this.#isOpen = allowedOrigins === '*';
  }

  of(version: Version, snapshot: string): Headers {
    const latest = this.#latest;
    if (latest?.version === version && latest.snapshot === snapshot) return latest.headers;
    const headers = new Headers({
      'content-type': 'application/json',
      'x-trimtab-weights': version,
      'x-trimtab-snapshot': snapshot,
      'access-control-expose-headers': 'x-trimtab-weights, x-trimtab-snapshot',
      ...(this.#isOpen && { 'access-control-allow-origin': '*' }),
    });
    this.#latest = { version, snapshot, headers };
    return headers;
  }
}
