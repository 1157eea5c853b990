import type { ChapterKind } from '../words/words.ts';
import { RULES, type Met } from './crowd.ts';

/** What ranked from a moment on, as far as the answers tell. */
export interface Chapter {
  readonly kind: ChapterKind;
  readonly version: string;
  /** Rankings until then. */
  readonly from: number;
  /** Of a canary: the share of the latest rankings that it ranked. */
  readonly share: number;
}

export interface Story {
  readonly chapters: readonly Chapter[];
  readonly rankings: number;
  /** What ranked the latest ones, the newest last. */
  readonly latest: readonly Pick<Met, 'version' | 'by'>[];
}

export const EMPTY_STORY: Story = { chapters: [], rankings: 0, latest: [] };

/** So many rankings in a row by one version are no canary of half the visitors any more. */
const ALONE = 200;
/** So many without a version that had been tried on 1 % of the visitors, who rank three times each, would be by chance in one case of a hundred. */
const GONE = 1500;
const MOST_CHAPTERS = 12;

/** Goes on with what was met: versions have numbers, so that of two that rank at one time the newer is the one that is tried. */
export function toldOn({ chapters, rankings, latest }: Story, met: readonly Met[]): Story {
  const total = rankings + met.length;
  const seen = [...latest, ...met.map(({ version, by }) => ({ version, by }))].slice(-GONE);
  const before = chapters.at(-1);
  const now = chapterOf(seen, before);
  if (now === undefined) return { chapters, rankings: total, latest: seen };
  const isSame = now.kind === before?.kind && now.version === before.version;
  const next = isSame
    ? [...chapters.slice(0, -1), { ...before, share: now.share }]
    : [...chapters, { ...now, from: rankings }];
  return { chapters: next.slice(-MOST_CHAPTERS), rankings: total, latest: seen };
}

function chapterOf(
  seen: Story['latest'],
  before: Chapter | undefined,
): Omit<Chapter, 'from'> | undefined {
  const versions = [...new Set(seen.map(({ version }) => version))].toSorted();
  const newest = versions.at(-1);
  const last = seen.at(-1);
  if (newest === undefined || last === undefined) return before;
  const recent = seen.slice(-ALONE);
  const count = recent.filter(({ version }) => version === newest).length;
  const isAlone = count === recent.length && (versions.length === 1 || count === ALONE);
  if (isAlone) {
    const isFirst = before === undefined || !isRolledOut(before);
    if (isFirst && (before?.version ?? newest) === newest)
      return { kind: last.by === RULES ? 'rules' : 'learning', version: newest, share: 1 };
    if (newest >= before!.version && before!.kind !== 'withdrawn')
      return { kind: 'champion', version: newest, share: 1 };
    return { kind: 'withdrawn', version: before!.version, share: 0 };
  }
  // Whether a version that has just ranked nobody is withdrawn or tried on few shows later; so does a way back from a champion.
  if (count === 0 || (before?.kind === 'champion' && before.version === newest)) return before;
  return { kind: 'canary', version: newest, share: count / recent.length };
}

const isRolledOut = ({ kind }: Chapter): boolean =>
  kind === 'canary' || kind === 'champion' || kind === 'withdrawn';
