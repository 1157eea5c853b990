/**
 * Preloaded into each child of `trimtab start`. The channel closes when the parent is gone, however it went
 * (kill -9 too), and then the child ends as it would on SIGTERM: no Worker or backend is left behind.
 */
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
