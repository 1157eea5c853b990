/** The device is lost, or its memory is full: its contents are lost, and the run continues on another device from its last state. */
export class DeviceLost extends Error {
  override readonly name = 'DeviceLost';
}

/** What was asked for exceeds the GPU, or is nothing that it does: another device may do it. */
export class UnfitForGpu extends RangeError {
  override readonly name = 'UnfitForGpu';
}
