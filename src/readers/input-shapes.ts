import { fail, type Place } from '../diagnostics/diagnostic.ts';

/** Extents that the user gives the open axes of an input. */
export interface GivenShape {
  /** Null: every input that has open axes. */
  readonly input: string | null;
  /** Of every axis, or of every one behind the batch. */
  readonly extents: readonly number[];
}

/** The shapes that the user gives a model's inputs, and which of them were of use. */
export class InputShapes {
  readonly #given: readonly GivenShape[];
  readonly #used = new Set<GivenShape>();
  readonly #names: string[] = [];

  constructor(given: readonly GivenShape[]) {
    this.#given = given;
  }

  /**
   * The shape of the input `name`, whose file says `shape`: its first axis is the batch, below 1 what is open, null all of it.
   * What is open and was not given stays so. Stops with QM213 where what was given for it contradicts the file.
   */
  settle(name: string, shape: readonly number[] | null, place: Place): readonly number[] | null {
    this.#names.push(name);
    const given =
      this.#given.find(({ input }) => input === name) ??
      (shape === null || isOpen(shape) ? this.#given.find(({ input }) => input === null) : undefined);
    if (given === undefined) return shape;
    this.#used.add(given);
    const { extents } = given;
    if (shape === null) return extents[0] === 1 ? extents : [1, ...extents];
    const whole = extents.length === shape.length - 1 ? [1, ...extents] : extents;
    const fits =
      whole.length === shape.length &&
      whole.every((extent, axis) => (shape[axis]! < 1 ? axis > 0 || extent === 1 : extent === shape[axis]));
    if (fits) return whole;
    return fail('QM213', place, { given: extents.join('x'), tensor: name, shape: `[${shape.join(', ')}]` });
  }

  /** Stops with QM214 where a shape was given for an input that the model does not have, or for none that is open. */
  requireAllUsed(file: string): void {
    const unused = this.#given.find((given) => !this.#used.has(given));
    if (unused === undefined) return;
    const { input, extents } = unused;
    const given = `${input === null ? '' : `${input}=`}${extents.join('x')}`;
    const names = [...new Set(this.#names)].map((name) => `"${name}"`).join(', ');
    fail('QM214', { file }, { given, names });
  }
}

/** Whether an axis behind the batch is open. */
function isOpen(shape: readonly number[]): boolean {
  return shape.some((extent, axis) => axis > 0 && extent < 1);
}
