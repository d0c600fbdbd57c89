/* Has arm_nn_is_convolve_1x1 as a name, by which a copy with the fix of CMSIS-NN #200 is known. */
