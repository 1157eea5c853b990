/**
 * Preloaded into each child of `trimtab start`. The channel closes when the parent ends, even by kill -9, and the child then
 * ends as on SIGTERM: no Worker and no backend stays behind.
 */
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
