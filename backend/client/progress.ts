import { SingleBar } from 'cli-progress';
import { count } from '../../shared/text/text.ts';
import { note } from './print.ts';

/** For work that may take over a second: a bar on a terminal, elsewhere a line per 20 %. On stderr. */
export interface Progress {
  readonly update: (done: number, remark?: string) => void;
  readonly stop: () => void;
}

export function showProgress(label: string, total: number, unit: string): Progress {
  return process.stderr.isTTY ? bar(label, total, unit) : lines(label, total, unit);
}

function bar(label: string, total: number, unit: string): Progress {
  const shown = new SingleBar({
    format: `${label} {bar} {percentage}% | {done} of ${count(total)} ${unit} {remark}`,
    stream: process.stderr,
    hideCursor: true,
    barsize: 28,
    barCompleteChar: '█',
    barIncompleteChar: '░',
  });
  shown.start(total, 0, { done: '0', remark: '' });
  return {
    update: (done, remark = '') => shown.update(done, { done: count(done), remark }),
    stop: () => shown.stop(),
  };
}

function lines(label: string, total: number, unit: string): Progress {
  let shownFifths = 0;
  return {
    update(done, remark = '') {
      const fifths = total === 0 ? 0 : Math.floor((done / total) * 5);
      if (fifths <= shownFifths) return;
      shownFifths = fifths;
      note(`${label}: ${count(done)} of ${count(total)} ${unit} ${remark}`.trimEnd());
    },
    stop: () => undefined,
  };
}
