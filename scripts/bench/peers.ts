/** TFLM with CMSIS-NN on the int8 files of the same networks, counted in QEMU the same way (GCC 12.2, -O2). */
export interface Peer {
  readonly instructions: Readonly<Record<string, number>>;
  readonly ramBytes: number;
  readonly flashBytes: number;
}

/** By the network's name. */
export const PEERS: Readonly<Record<string, Peer>> = {
  resnet8: {
    instructions: { 'cortex-m4': 29_860_000, 'cortex-m55': 4_910_000 },
    ramBytes: 56_900,
    flashBytes: 163_800,
  },
  vww: {
    instructions: { 'cortex-m4': 24_100_000, 'cortex-m55': 6_560_000 },
    ramBytes: 102_600,
    flashBytes: 388_000,
  },
  kws: {
    instructions: { 'cortex-m4': 7_700_000, 'cortex-m55': 1_820_000 },
    ramBytes: 24_700,
    flashBytes: 108_600,
  },
};
