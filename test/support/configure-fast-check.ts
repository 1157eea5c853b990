import * as fc from 'fast-check';
import { runs, SEED } from '../shared/support/seed.ts';

/** What fast-check does in 100 runs by default. */
const USUAL_RUNS = 100;

/** Before every test file: all properties share one seed, which a failure prints, and one variable makes them more. */
fc.configureGlobal({ seed: SEED, numRuns: runs(USUAL_RUNS) });
