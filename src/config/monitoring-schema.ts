// The section `monitoring` of the user's file: the host that looks and cannot touch, and who hears
// of what it sees.

import * as z from 'zod';
import { uptimes } from '../topology/monitoring-model.ts';
import { domainText, listenText, secretReference } from './fields.ts';

const address = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
  error: 'must be an address or a range: 198.51.100.9 or 2001:db8::/64',
});

const mailText = z.string().regex(/^[^@\s"<>]{1,64}@[a-z0-9.-]{1,253}$/i, {
  error: 'must be a mail address',
});

const hostAndPort = (example: string) =>
  z.string().refine((text) => isHostAndPort(text), { error: `must be HOST:PORT: ${example}` });

function isHostAndPort(text: string): boolean {
  const [, name = '', port = ''] = /^(.+):([1-9][0-9]{0,4})$/.exec(text) ?? [];
  const isName = domainText.safeParse(name).success || listenText.safeParse(text).success;
  return isName && Number(port) <= 65_535;
}

const url = secretReference.describe('Where the whole address is, a URL.');

/** One of each kind at most; a list of one's own is for an Alertmanager of one's own. */
export const receiversSchema = z.strictObject({
  ntfy: z
    .strictObject({
      url: url.describe('Where the address of the topic is: `https://ntfy.sh/TOPIC`.'),
      token: secretReference.optional().describe('Where its access token is, if it asks for one.'),
    })
    .optional()
    .describe('A topic of ntfy, there or on a server of your own.'),
  telegram: z
    .strictObject({
      token: secretReference.describe("Where the bot's token is."),
      chat: z.int().describe('The number of the chat; that of a group is negative.'),
    })
    .optional()
    .describe('A bot of Telegram, and a chat that it is in.'),
  email: z
    .strictObject({
      to: mailText.describe('Who gets it.'),
      from: mailText.describe('Whom it comes from.'),
      server: hostAndPort('smtp.example.com:587').describe('The mail server, over STARTTLS.'),
      user: z
        .string()
        .min(1)
        .max(254)
        .optional()
        .describe('Who signs in there; `from` if left out.'),
      password: secretReference.optional().describe('Where the password is; none if left out.'),
    })
    .optional()
    .describe('A mail.'),
  webhook: z
    .strictObject({ url })
    .optional()
    .describe("A program of your own; it is posted Alertmanager's JSON."),
});

export const monitoringSchema = z.strictObject({
  host: z
    .boolean()
    .describe('Whether a monitoring host is part of the topology; the reference preset has one.'),
  listen: listenText
    .optional()
    .describe('Where this host answers the monitor alone; `127.0.0.1:9443` when left out.'),
  from: z
    .array(address)
    .min(1)
    .max(16)
    .optional()
    .describe('Who may connect there: the addresses of the monitor; this machine when left out.'),
  target: hostAndPort('app.example.com:9443')
    .optional()
    .describe('What the monitor connects to, where that is not `listen` itself.'),
  litellmNames: z
    .boolean()
    .optional()
    .describe("Whether the model proxy's metrics are there under LiteLLM's names, too."),
  scrapeSeconds: z.int().min(1).max(300).optional().describe('How often it looks; 15.'),
  retentionDays: z.int().min(1).max(3_650).optional().describe('How long samples are kept; 30.'),
  storageGigabytes: z
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .describe('How much of its disk they take at most; 10.'),
  receivers: receiversSchema.optional().describe('Who hears of an alert.'),
  deadMansSwitch: secretReference
    .optional()
    .describe('Where the address is that hears every minute that alerting works.'),
  grafana: z.boolean().optional().describe('Whether Grafana runs there; it does when left out.'),
  uptime: z
    .enum(uptimes)
    .optional()
    .describe('Who shows health at a glance: `kuma`, also when left out, `gatus` or `none`.'),
});
