import { expect, it } from 'vitest';
import { withoutRest } from '../../src/util/packed-values.ts';

it('bits behind the last value of a packed row are not compared', () => {
  expect([...withoutRest(Uint8Array.of(0x21, 0xa3), 3, 4)]).toEqual([0x21, 0x03]);
  expect([...withoutRest(Uint8Array.of(0xff), 1, 2)]).toEqual([0x03]);
  expect([...withoutRest(Uint8Array.of(0x21, 0xa3), 4, 4)]).toEqual([0x21, 0xa3]);
  expect([...withoutRest(Uint8Array.of(0xff, 0x80), 2, 8)]).toEqual([0xff, 0x80]);
  expect([...withoutRest(new Uint8Array(0), 3, 4)]).toEqual([]);
});
