import type { TargetCosts } from './kernel-cost.ts';

/** What code may assume of a processor beyond the base instruction set of its architecture. */
export interface CpuFeatures {
  /** The DSP extension of Armv7E-M and Armv8-M: SMLAD, SXTB16, USAT and kin. */
  readonly dsp: boolean;
  /** Helium, the M-profile vector extension. */
  readonly mve: boolean;
  /** Floating point in hardware. */
  readonly fpu: boolean;
}

export type Architecture = 'armv6-m' | 'armv7-m' | 'armv7e-m' | 'armv8-m.main' | 'armv8.1-m.main' | 'host';

/**
 * What a memory is made of, and so how fast it is: see `DATA_MEMORIES` and `CODE_MEMORIES` in device/placement.ts for the order.
 * `external-…` memories sit behind a bus of the board.
 */
export type MemoryKind =
  'flash' | 'mram' | 'external-flash' | 'itcm' | 'dtcm' | 'ccm' | 'axi' | 'sram' | 'external-ram';

/** One memory of a part. */
export interface Memory {
  /** A C identifier in lower case, unique on its board; in capitals the name of the region in linker scripts. */
  readonly name: string;
  readonly kind: MemoryKind;
  /** Where the part has it. */
  readonly base: number;
  readonly bytes: number;
  /** Where the emulated machine has memory that stands in for it. */
  readonly emulatedBase: number;
}

/** An address range. */
export interface MemoryRange {
  readonly base: number;
  readonly bytes: number;
}

/** The memories that a firmware is linked into; what exceeds one of them fails to link. */
export interface BoardMemories {
  /** One at least that holds code, and one that holds data. */
  readonly regions: readonly Memory[];
  /** Bytes kept for the stack. */
  readonly stackBytes: number;
}

/** QEMU's model of a board. */
export interface QemuRunner {
  readonly kind: 'qemu';
  readonly command: string;
  readonly machine: string;
  /** Frequency of the counter that the harness reads, in virtual time. */
  readonly counterHz: number;
  /** Where the vector table goes when the machine does not start in the memory that holds the code. */
  readonly boot: MemoryRange | null;
}

/** The computer that quantmcu runs on. */
export interface HostRunner {
  readonly kind: 'host';
}

/** How firmware for the UART of a board is built: the real one, or that of the emulated board where it stands for itself. */
export interface SerialFirmware {
  /** C files that implement the harness's platform and serial.h: absolute paths. */
  readonly sources: readonly string[];
  /** Preprocessor definitions for these files, `NAME=VALUE`. */
  readonly defines: readonly string[];
  /** Frequency of the counter that they read. */
  readonly counterHz: number;
  /** Where the vector table goes when the part does not start in the memory that holds the code. */
  readonly boot: MemoryRange | null;
}

/** How Renode models a board: by a platform description that it ships, put right where that is wrong, or by one of ours. */
export interface RenodeModel {
  /** The description that Renode ships, by its path there; null: processor, memories and UART alone. */
  readonly platform: string | null;
  readonly uart: {
    /** The peripheral's name in the description. */
    readonly name: string;
    /** Class and address, where the description is ours. */
    readonly type: string | null;
    readonly base: number | null;
  };
  /** Memory of the board → peripheral of the shipped description that has it with another size. */
  readonly corrected: Readonly<Record<string, string>>;
  /** Memories of the board that the shipped description lacks. */
  readonly added: readonly string[];
  /** Peripheral of the shipped description → attributes that it has to have. */
  readonly settings: Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>>;
  /** The counter that the firmware reads: ticks are executed instructions there. */
  readonly counter: 'dwt' | 'systick';
  /** The firmware, where it is not that of the board. */
  readonly firmware: SerialFirmware | null;
}

export type Runner = QemuRunner | HostRunner;

/** A part whose memories limit a firmware, and what stands in for it here. */
export interface Board {
  readonly id: string;
  /** The part as its maker names it. */
  readonly part: string;
  /** Null on the host, which sets no limits. */
  readonly memories: BoardMemories | null;
  readonly runner: Runner;
  /** C files that implement the harness's platform here: absolute paths. */
  readonly sources: readonly string[];
  /** Preprocessor definitions for these files, `NAME=VALUE`. */
  readonly defines: readonly string[];
  /** Null for a board that no harness speaks over the UART of. */
  readonly serial: SerialFirmware | null;
  /** Null for a board that Renode does not model. */
  readonly renode: RenodeModel | null;
}

/** What code is generated for, how it is compiled and where it runs: one folder under `targets/`. */
export interface Target {
  readonly id: string;
  readonly title: string;
  /** As GCC's `-mcpu` names it. */
  readonly cpu: string;
  readonly architecture: Architecture;
  readonly features: CpuFeatures;
  /** What kernels cost on it; null where nothing was measured. */
  readonly costs: TargetCosts | null;
  readonly compiler: {
    /** Compilers that serve, the preferred one first. */
    readonly commands: readonly string[];
    readonly flags: readonly string[];
  };
  /** The first one is the default. */
  readonly boards: readonly [Board, ...Board[]];
}
