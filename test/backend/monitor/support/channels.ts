import { channelsOf, type ChannelAddresses } from '../../../../backend/monitor/channels-of.ts';
import { notices } from '../../../../backend/monitor/notice-settings.ts';
import { outboundOf } from '../../../../backend/outbound/outbound.ts';
import { parseSettings } from '../../../../backend/settings/parse-settings.ts';

export const NOWHERE: ChannelAddresses = {
  webhook: undefined,
  slack: undefined,
  teams: undefined,
  smtp: undefined,
};

/** The channels that these addresses and settings make; nothing else is set. */
export const channels = (
  addresses: Partial<ChannelAddresses>,
  settings: unknown = {},
  dashboardUrl?: string,
  outbound = outboundOf({ privateHosts: [] }),
) =>
  channelsOf(
    { ...NOWHERE, ...addresses },
    parseSettings(notices, settings),
    dashboardUrl,
    outbound,
  );
