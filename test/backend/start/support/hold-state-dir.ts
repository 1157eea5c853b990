import { stateDir, type StateDirRole } from '../../../../backend/config/state-dir.ts';
import { lockStateDir } from '../../../../backend/start/lock-state-dir.ts';

/** Takes a state directory and keeps it until it is killed; says `held`, or why it did not get it. */
const [, , dir, role, port] = process.argv;
try {
  await lockStateDir(stateDir(dir), role as StateDirRole, {
    [role === 'serve' ? 'backend' : 'edge']: Number(port),
  });
  process.stdout.write('held\n');
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`);
}
setInterval(() => undefined, 60_000);
