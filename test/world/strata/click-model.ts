/** How visitors go through a slate and click what they look at and like. */
export interface ClickModel {
  /** How likely slot `slot` (from 0) is looked at by somebody who has read that far. */
  readonly looks: (slot: number) => number;
  /** How likely somebody reads on after a slot without and with a click. */
  readonly readsOn: readonly [unclicked: number, clicked: number];
  /** Share of visitors who click every slot equally often, whatever it holds; as much in all as others. */
  readonly randomClickers: number;
}

const lookedAt = (power: number) => (slot: number) => (slot + 1) ** -power;

export const CLICK_MODELS = {
  /** Slot k is looked at with probability 1/√k. */
  gentle: { looks: lookedAt(0.5), readsOn: [1, 1], randomClickers: 0 },
  /** Position-based model (Craswell et al., 2008): slot k is looked at with probability 1/k. */
  'position-biased': { looks: lookedAt(1), readsOn: [1, 1], randomClickers: 0 },
  /** Dependent click model (Guo et al., 2009), a cascade: from the top down, and after a click most visitors leave. */
  cascade: { looks: () => 1, readsOn: [0.95, 0.3], randomClickers: 0 },
  'random clickers': { looks: lookedAt(0.5), readsOn: [1, 1], randomClickers: 0.1 },
} as const satisfies Readonly<Record<string, ClickModel>>;

/** What a slate holds for its visitor, slot by slot. */
export interface Appeal {
  /** How likely what a slot holds is clicked once it is looked at. */
  readonly liked: ArrayLike<number>;
  /** How likely a random clicker clicks any slot. */
  readonly byChance: number;
}

/** Mean clicks on a slate. */
export function expectedClicks(model: ClickModel, { liked, byChance }: Appeal): number {
  const [unclicked, clicked] = model.readsOn;
  let [reading, clicks] = [1, 0];
  for (let slot = 0; slot < liked.length; slot++) {
    const chance = model.looks(slot) * liked[slot];
    clicks += reading * chance;
    reading *= (1 - chance) * unclicked + chance * clicked;
  }
  return (1 - model.randomClickers) * clicks + model.randomClickers * liked.length * byChance;
}

/** The numbers of clicks on the items of two teams, jointly: `p[of0 * side + of1]`. */
export interface ClickCounts {
  readonly side: number;
  readonly p: Float64Array;
}

export const noCounts = (slots: number): ClickCounts => ({
  side: slots + 1,
  p: new Float64Array((slots + 1) ** 2),
});

/**
 * Adds to `into` the exact probabilities of the numbers of clicks on the items of each team, slot by slot over all that may
 * have happened above. @param teams 0 or 1 per slot; absent: all are of team 0. @param weight of this slate.
 */
export function addClickCounts(
  into: ClickCounts,
  model: ClickModel,
  { liked, byChance }: Appeal,
  teams: ArrayLike<number> | undefined,
  weight: number,
): void {
  const { randomClickers, looks } = model;
  const own = (slot: number) => looks(slot) * liked[slot];
  addReaders(into, liked.length, own, model.readsOn, teams, weight * (1 - randomClickers));
  if (randomClickers > 0)
    addReaders(into, liked.length, () => byChance, [1, 1], teams, weight * randomClickers);
}

function addReaders(
  { side, p }: ClickCounts,
  slots: number,
  chanceAt: (slot: number) => number,
  [unclicked, clicked]: readonly [number, number],
  teams: ArrayLike<number> | undefined,
  weight: number,
): void {
  // Of those who still read, by their clicks so far. From the most clicks down, so that it can be done in place.
  const reading = new Float64Array(side * side);
  reading[0] = weight;
  const seen = [0, 0];
  for (let slot = 0; slot < slots; slot++) {
    const chance = chanceAt(slot);
    const team = teams?.[slot] ?? 0;
    const step = team === 0 ? side : 1;
    for (let a = seen[0]; a >= 0; a--)
      for (let b = seen[1]; b >= 0; b--) {
        const at = a * side + b;
        const mass = reading[at];
        if (mass === 0) continue;
        p[at] += mass * (1 - chance) * (1 - unclicked);
        p[at + step] += mass * chance * (1 - clicked);
        reading[at + step] += mass * chance * clicked;
        reading[at] = mass * (1 - chance) * unclicked;
      }
    seen[team]++;
  }
  for (let at = 0; at < p.length; at++) p[at] += reading[at];
}

/** One visitor's clicks, 0 or 1 per slot. */
export function drawClicks(
  { looks, readsOn, randomClickers }: ClickModel,
  { liked, byChance }: Appeal,
  random: () => number,
): Uint8Array {
  const clicks = new Uint8Array(liked.length);
  const isRandom = randomClickers > 0 && random() < randomClickers;
  for (let slot = 0; slot < clicks.length; slot++) {
    clicks[slot] = random() < (isRandom ? byChance : looks(slot) * liked[slot]) ? 1 : 0;
    const goesOn = isRandom ? 1 : readsOn[clicks[slot]];
    if (goesOn < 1 && random() >= goesOn) break;
  }
  return clicks;
}
