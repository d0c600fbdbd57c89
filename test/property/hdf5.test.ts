import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Hdf5 } from '../../src/readers/hdf5/index.ts';
import { writeHdf5 } from '../support/keras-writer.ts';

type Libver = 'earliest' | 'v108';

const arrays = fc.record({
  shape: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 0, maxLength: 4 }),
  type: fc.constantFrom('<f', '<d'),
  chunk: fc.option(fc.integer({ min: 1, max: 5 })),
  gzip: fc.boolean(),
});

/** Values that 32 bits hold exactly. */
const valuesOf = (shape: readonly number[]): number[] =>
  Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.fround(Math.sin(i)));

describe('HDF5 as the HDF5 library writes it', () => {
  it.each<Libver>(['earliest', 'v108'])(
    '%s: arrays of any rank, whole, in chunks, packed',
    async (libver) => {
      await fc.assert(
        fc.asyncProperty(fc.array(arrays, { minLength: 1, maxLength: 6 }), async (list) => {
          const bytes = await writeHdf5((file) => {
            list.forEach(({ shape, type, chunk, gzip }, index) => {
              const data = valuesOf(shape);
              const chunks =
                chunk === null || shape.length === 0 ? null : shape.map((extent) => Math.min(chunk, extent));
              file.create_group(`g${index}`).create_dataset({
                name: 'kernel:0',
                data: type === '<f' ? Float32Array.from(data) : Float64Array.from(data),
                shape,
                dtype: type,
                chunks,
                ...(gzip && chunks !== null ? { compression: 4 } : {}),
              });
            });
          }, libver);
          const hdf5 = new Hdf5(bytes, 'm.h5');
          list.forEach(({ shape }, index) => {
            const { shape: readShape, data } = hdf5.read(`g${index}/kernel:0`);
            expect(readShape).toEqual(shape);
            expect([...data]).toEqual(valuesOf(shape));
          });
        }),
        { numRuns: 60 },
      );
    },
  );

  it.each<Libver>(['earliest', 'v108'])(
    '%s: groups of any size and depth, and attributes that are texts',
    async (libver) => {
      const name = fc.stringMatching(/^[a-z][a-z0-9_:.é☃]{0,12}$/);
      const texts = fc.array(
        fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !text.includes('\0')),
        { minLength: 1, maxLength: 5 },
      );
      // The newer version keeps more than eight links of a group in a heap, which is not supported.
      const links = { minLength: 1, maxLength: libver === 'earliest' ? 300 : 8 };
      await fc.assert(
        fc.asyncProperty(fc.uniqueArray(name, links), texts, async (names, list) => {
          const bytes = await writeHdf5((file) => {
            file.create_attribute('one', list[0]!);
            file.create_attribute('several', list);
            file.create_attribute('number', 5);
            const group = file.create_group('group');
            for (const own of names)
              group.create_group(own).create_group('inner').create_attribute('name', own);
          }, libver);
          const hdf5 = new Hdf5(bytes, 'm.h5');
          expect(hdf5.text('', 'one')).toBe(list[0]);
          expect(hdf5.texts('', 'several')).toEqual(list);
          expect(hdf5.text('', 'number')).toBeNull();
          expect(hdf5.text('', 'absent')).toBeNull();
          expect(hdf5.list('group')).toEqual([...names].sort());
          expect(hdf5.list('absent/group')).toEqual([]);
          for (const own of names) expect(hdf5.text(`group/${own}/inner`, 'name')).toBe(own);
        }),
        { numRuns: 20 },
      );
    },
  );

  it('says what it cannot read', async () => {
    const dense = await writeHdf5((file) => {
      for (let index = 0; index < 20; index++) file.create_group(`g${index}`);
    }, 'v108');
    expect(() => new Hdf5(dense, 'm').list('')).toThrow('QM109');
    const integers = await writeHdf5((file) => {
      file.create_dataset({ name: 'x', data: Int32Array.of(1, 2) });
      file.create_dataset({ name: 'y', data: Float32Array.of(1, NaN) });
    });
    expect(() => new Hdf5(integers, 'm').read('x')).toThrow('QM211');
    expect(() => new Hdf5(integers, 'm').read('y')).toThrow('QM209');
    expect(() => new Hdf5(integers, 'm').read('z')).toThrow('QM104');
    expect(() => new Hdf5(integers, 'm').read('x/y')).toThrow('QM104');
  });
});
