/** Bucket stride of a weights array: `weights[feature * STRIDE + bucket]`. */
export const STRIDE = 256;
