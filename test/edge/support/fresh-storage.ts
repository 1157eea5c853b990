import { reset } from 'cloudflare:test';
import { beforeAll } from 'vitest';

/** All files share one workerd, which starts slowly; none shares what another has stored. */
beforeAll(() => reset());
