import { DEMO_PLACES } from '../../../backend/catalogue/demo-places.ts';
import { DEMO_THEMES } from '../../../backend/catalogue/demo-themes.ts';
import { seededRandom } from '../../../shared/explore/random.ts';

/** `count` different bodies for `POST /v1/rank`: visitors of the demo catalogue, most of whom state most of their wishes. */
export function rankBodies(count: number, seed: number): Record<string, unknown>[] {
  const random = seededRandom(seed);
  const whole = (below: number) => Math.floor(random() * below);
  const some = <T>(from: readonly T[], most: number) =>
    Array.from({ length: 1 + whole(most) }, () => from[whole(from.length)]);
  const themes = Object.keys(DEMO_THEMES);
  return Array.from({ length: count }, (_, i) => {
    const places = some(DEMO_PLACES, 2);
    const days = 3 + whole(14);
    const wishes = {
      themes: some(themes, 3),
      difficulty: 1 + whole(5),
      durationDays: { min: days, max: days + whole(8) },
      budget: 400 + 50 * whole(80),
      continents: [...new Set(places.map(({ continent }) => continent))],
      countries: [...new Set(places.map(({ country }) => country))],
    };
    return {
      sessionId: `session-${seed}-${i}`,
      preferences: Object.fromEntries(Object.entries(wishes).filter(() => random() < 0.8)),
      limit: 20,
    };
  });
}
