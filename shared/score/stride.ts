/** Entries per feature in an array of weights: `weights[feature * STRIDE + bucket]`. */
export const STRIDE = 256;
