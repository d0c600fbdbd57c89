import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dominates, paretoFrontier } from '../../src/sweep/frontier.ts';

/** Few values, so that many are equal. */
const points = fc.integer({ min: 1, max: 5 }).chain((figures) =>
  fc.array(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: figures, maxLength: figures }), {
    maxLength: 30,
  }),
);

it('no point on the frontier is beaten, and every point off it is, by one that is on it', () => {
  fc.assert(
    fc.property(points, (all) => {
      const isOn = paretoFrontier(all);
      const frontier = all.filter((_, i) => isOn[i]);
      all.forEach((point, i) => {
        expect(frontier.some((other) => dominates(other, point))).toBe(!isOn[i]);
      });
    }),
  );
});

it('of some points there is always one on the frontier, in any order the same', () => {
  fc.assert(
    fc.property(points, (all) => {
      const isOn = paretoFrontier(all);
      expect(isOn.some(Boolean)).toBe(all.length > 0);
      expect([...paretoFrontier([...all].reverse())].reverse()).toEqual(isOn);
    }),
  );
});
