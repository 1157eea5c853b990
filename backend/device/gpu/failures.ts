/** The device is gone, or full: what it held is lost, and the run goes on elsewhere from where it stands. */
export class DeviceLost extends Error {
  override readonly name = 'DeviceLost';
}

/** What was asked for exceeds the GPU, or is nothing that it does: another device may do it. */
export class UnfitForGpu extends RangeError {
  override readonly name = 'UnfitForGpu';
}
