import { setTimeout as sleep } from 'node:timers/promises';
import { startThread } from '../../../../backend/process/thread.ts';

/** Starts threads that are busy in libSQL's driver as they start, and stops each while it is. */
for (let i = 0; i < 4; i++) {
  const thread = startThread(new URL('./busy-start.mjs', import.meta.url), process.argv[2]);
  await sleep(200);
  await thread.stop();
}
