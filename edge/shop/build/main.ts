/** `npm run shop` writes the module by which the Worker serves the shop. */
import { writeFile } from 'node:fs/promises';
import { SERVED_FILE, servedModule } from './served.ts';

await writeFile(SERVED_FILE, await servedModule());
