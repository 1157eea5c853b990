import fc from 'fast-check';
import { expect, test } from 'vitest';
import { spread } from './longest-first.ts';

test('the few are spread evenly among the many, all in their order', () => {
  fc.assert(
    fc.property(fc.nat(40), fc.nat(40), (few, more) => {
      const many = few + more;
      const mixed = spread(
        Array.from({ length: few }, (_, i) => `few ${i}`),
        Array.from({ length: many }, (_, i) => `many ${i}`),
      );
      const of = (kind: string) => mixed.filter((one) => one.startsWith(kind));
      expect(of('few')).toEqual(Array.from({ length: few }, (_, i) => `few ${i}`));
      expect(of('many')).toEqual(Array.from({ length: many }, (_, i) => `many ${i}`));
      const places = mixed.flatMap((one, i) => (one.startsWith('few') ? [i] : []));
      const every = (few + many) / Math.max(1, few);
      for (const [i, place] of places.entries())
        expect(Math.abs(place - i * every)).toBeLessThanOrEqual(1);
    }),
  );
});
