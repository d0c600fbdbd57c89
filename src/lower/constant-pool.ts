import type { ConstantArray } from '../ir/program.ts';

type Elements = ConstantArray['data'];

/** The arrays in flash: each content once, under the name and comment of the first that needed it. */
export class ConstantPool {
  readonly #constants: ConstantArray[] = [];

  /** The name under which `data` is found. */
  add(name: string, data: Elements, comment: string): string {
    const known = this.#constants.find((constant) => sameElements(constant.data, data));
    if (known !== undefined) return known.name;
    this.#constants.push({
      name,
      type: C_TYPE[data.constructor.name as keyof typeof C_TYPE],
      data,
      comment,
      alignmentBytes: 4,
    });
    return name;
  }

  get constants(): readonly ConstantArray[] {
    return this.#constants;
  }
}

const C_TYPE = {
  Int8Array: 'int8_t',
  Uint8Array: 'uint8_t',
  Int16Array: 'int16_t',
  Int32Array: 'int32_t',
} as const;

function sameElements(a: Elements, b: Elements): boolean {
  return (
    a.constructor === b.constructor &&
    a.length === b.length &&
    (a as Int32Array).every((value, index) => value === b[index])
  );
}
