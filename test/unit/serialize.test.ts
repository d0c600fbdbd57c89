import fc from 'fast-check';
import { expect, it } from 'vitest';
import { deserialize, serialize } from '../../src/ir/serialize.ts';

it('gives back what it was given, typed arrays, infinities and all', () => {
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(null, true, Infinity, -Infinity, 0, 'text'),
      fc.double({ noNaN: true }).filter((x) => !Object.is(x, -0)),
      fc.int8Array(),
      fc.int32Array(),
      fc.float32Array({ noNaN: true }),
      fc.float64Array({ noNaN: true }),
      fc.array(tie('value')),
      fc.dictionary(fc.stringMatching(/^[a-z]+$/), tie('value')).map((o) => ({ ...o })),
    ),
  })).value;
  fc.assert(
    fc.property(value, (v) => {
      expect(deserialize(serialize(v))).toEqual(v);
    }),
  );
});

it('reads a file that starts anywhere in its buffer', () => {
  const bytes = serialize({ a: Float64Array.of(1, 2) });
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  expect(deserialize(shifted.subarray(3))).toEqual({ a: Float64Array.of(1, 2) });
});

it('refuses a file that was cut short', () => {
  const bytes = serialize({ a: Float64Array.of(1, 2) });
  for (let length = 0; length < bytes.length; length++)
    expect(() => deserialize(bytes.slice(0, length))).toThrow();
});
