import { setTimeout as sleep } from 'node:timers/promises';
import { call } from '../../support/client.ts';
import { whileAway } from '../../support/load.ts';
import type { System } from '../../support/system.ts';

const A_BATCH = 20;
const PAUSE_MS = 200;

/**
 * Sends outcomes of the visitors of `underLoad`, one batch after another, until told to end. A batch that was not
 * acknowledged is sent again, the same one.
 * @returns the ids of outcomes that were acknowledged.
 */
export async function sendOutcomes(
  system: System,
  random: () => number,
  isOver: () => boolean,
): Promise<Set<string>> {
  const acknowledged = new Set<string>();
  for (let batch = 0; !isOver(); batch++) {
    const outcomes = Array.from({ length: A_BATCH }, (_, i) => ({
      outcomeId: `outcome-${batch}-${i}`,
      sessionId: `load-0-${Math.floor(random() * 1000)}`,
      metric: 'revenue',
      value: Math.floor(random() * 1000),
      at: Date.now(),
    }));
    const answer = await whileAway(
      () =>
        call<{ accepted: number; duplicates: number }>(system, 'POST', '/v1/outcomes', outcomes),
      isOver,
    );
    if (answer === undefined) break;
    if (answer.accepted + answer.duplicates !== A_BATCH)
      throw new Error(`of ${A_BATCH} outcomes ${JSON.stringify(answer)} were told`);
    for (const { outcomeId } of outcomes) acknowledged.add(outcomeId);
    await sleep(PAUSE_MS);
  }
  return acknowledged;
}
