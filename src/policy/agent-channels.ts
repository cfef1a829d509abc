// Where people talk to the agent, of its own settings: each account, and the host that it calls.

import { isMap, type JsonMap, valueAt } from '../kit/json-map.ts';

export interface ChannelAccount {
  /** As in the settings: `channels.telegram`, `channels.telegram.accounts.work`. */
  readonly path: string;
  /** What an account does not say, its channel does. */
  readonly settings: JsonMap;
  /** Where it calls. */
  readonly host: string;
  readonly port: number;
}

/** Of the channels that are in OpenClaw's package: Telegram. None where it is switched off. */
export function channelAccounts(settings: JsonMap): readonly ChannelAccount[] {
  const telegram = valueAt(settings, ['channels', 'telegram']);
  if (!isMap(telegram) || telegram.enabled === false) return [];
  const named = valueAt(telegram, ['accounts']);
  const accounts = Object.entries(isMap(named) ? named : {}).map(([name, own]) => ({
    path: `channels.telegram.accounts.${name}`,
    settings: { ...telegram, ...(isMap(own) ? own : {}) },
  }));
  const all = accounts.length > 0 ? accounts : [{ path: 'channels.telegram', settings: telegram }];
  return all.map((one) => ({ ...one, ...rootOf(one.settings) }));
}

/** Of the Bot API. */
function rootOf({ apiRoot }: JsonMap): Pick<ChannelAccount, 'host' | 'port'> {
  const text = typeof apiRoot === 'string' ? apiRoot : 'https://api.telegram.org';
  const url = URL.canParse(text) ? new URL(text) : null;
  const standard = url?.protocol === 'http:' ? 80 : 443;
  return { host: url?.hostname ?? text, port: Number(url?.port) || standard };
}
