import { writeSync } from 'node:fs';
import { registerHooks } from 'node:module';

/** A preload that writes the address of each module that a process or thread loads to the standard error. */
registerHooks({
  load(url, context, nextLoad) {
    writeSync(2, `${url}\n`);
    return nextLoad(url, context);
  },
});
