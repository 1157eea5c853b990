import { hashSuite } from '../../suites/support/hashes.ts';

// In workerd, whose node:crypto is another one than Node's.
hashSuite();
