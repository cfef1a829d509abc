// Telegram's Bot API as far as a bot that polls needs it, over TLS on loopback: people write to it,
// and what the bot says is kept. Source of the shapes: what Telegram says of its Bot API.

import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeLocalCertificate } from '../cli/certificate.ts';

export interface BotApi extends AsyncDisposable {
  readonly port: number;
  readonly token: string;
  readonly caPem: string;
  /** What the bot asked for, in order. */
  readonly calls: readonly BotCall[];
  /** Requests with another token, or none. */
  readonly strangers: () => number;
  /** A person writes to the bot. */
  write(fromId: number, text: string): void;
}

export interface BotCall {
  readonly method: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

const bodyBytesMax = 1024 * 1024;
const pollMs = 500;

export async function startBotApi(host: string, token: string): Promise<BotApi> {
  const { caPem, certPem, keyPem } = await makeLocalCertificate([host], Date.now());
  const calls: BotCall[] = [];
  const updates: Readonly<Record<string, unknown>>[] = [];
  let strangers = 0;
  const server = createServer({ cert: certPem, key: keyPem }, (request, response) => {
    const [, path = '', method = ''] = new URL(request.url ?? '', 'http://bot').pathname.split('/');
    if (path !== `bot${token}`) {
      strangers += 1;
      return answer(response, 401, { ok: false, error_code: 401, description: 'Unauthorized' });
    }
    read(request)
      .then(async (parameters) => {
        calls.push({ method, parameters });
        answer(response, 200, { ok: true, result: await resultOf(method, parameters, updates) });
      })
      .catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    token,
    caPem,
    calls,
    strangers: () => strangers,
    write: (fromId, text) => updates.push(updateOf(updates.length + 1, fromId, text)),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function resultOf(
  method: string,
  { offset, chat_id: chatId, text }: Readonly<Record<string, unknown>>,
  updates: readonly Readonly<Record<string, unknown>>[],
): Promise<unknown> {
  if (method === 'getMe') return { id: 42, is_bot: true, first_name: 'Own', username: 'own_bot' };
  if (method === 'getUpdates') {
    await new Promise((resolve) => setTimeout(resolve, pollMs));
    return updates.filter((update) => Number(update.update_id) >= Number(offset ?? 0));
  }
  if (method === 'getWebhookInfo') {
    return { url: '', has_custom_certificate: false, pending_update_count: 0 };
  }
  if (!/^(send|edit)Message/.test(method)) return true;
  const chat = { id: Number(chatId), type: 'private', first_name: 'Someone' };
  return { message_id: 1_000, date: seconds(), chat, text };
}

function updateOf(number: number, fromId: number, text: string) {
  const someone = { id: fromId, first_name: 'Someone' };
  return {
    update_id: number,
    message: {
      message_id: number,
      from: { ...someone, is_bot: false },
      chat: { ...someone, type: 'private' },
      date: seconds(),
      text,
    },
  };
}

/** As JSON, as a form, or in the address: the API takes them all. */
async function read(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > bodyBytesMax) throw new Error('too long for a test');
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  const query = new URL(request.url ?? '', 'http://bot').searchParams;
  if (request.headers['content-type']?.startsWith('application/json') && text !== '') {
    return JSON.parse(text);
  }
  return Object.fromEntries([...query, ...new URLSearchParams(text)]);
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function seconds(): number {
  return Math.floor(Date.now() / 1_000);
}
