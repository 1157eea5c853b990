import type { Notice } from './notice.ts';

export const CHANNELS = ['webhook', 'slack', 'teams', 'email'] as const;
export type ChannelName = (typeof CHANNELS)[number];

/** A way in which people are told of alerts. */
export interface Channel {
  readonly name: ChannelName;
  /** Alerts of these kinds are told, and no others. */
  readonly kinds: readonly string[];
  /** Whether it is also told that an alert is over. */
  readonly recoveries: boolean;
  /** Delivers one notice, within some seconds. @throws Error that says why it was not taken, and holds no address or secret. */
  readonly send: (notice: Notice, nowMs: number) => Promise<void>;
}

/** A receiver that said for how long it wants to be left alone. */
export class NotNow extends Error {
  readonly waitMs: number;

  constructor(message: string, waitMs: number) {
    super(message);
    this.waitMs = waitMs;
  }
}
