/** What kernels may take for scratch. */
export interface ScratchBudget {
  /** By layer: what a kernel that can do with more or less should keep to. */
  readonly aimBytes: readonly number[];
  /** What a kernel that cannot do with its aim may take at most; where that is not enough the portable one serves. */
  readonly capBytes: number;
}
