import { execFileSync } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';
import { workerdBinary } from '../../support/workerd-binary.ts';

/** What the figures were measured on. */
export interface Hardware {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
  readonly workerd: string;
  /** Processes that wanted a core in the minute before: far over 0, somebody else uses the machine too. */
  readonly loadBefore: number;
}

export function readHardware(): Hardware {
  const cores = cpus();
  return {
    cpu: cores[0]?.model ?? 'unknown',
    cores: cores.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    workerd: execFileSync(workerdBinary, ['--version'], { encoding: 'utf8' }).trim(),
    loadBefore: loadavg()[0],
  };
}
