// Amazon Bedrock: Anthropic's models by InvokeModel. The model stands in the path, the API version
// in the body; requests are signed (SigV4), and streams come in Amazon's own frames.

import { isIP } from 'node:net';
import { type Adapter, anthropicLike } from './adapter.ts';
import { awsCredentials, signV4 } from './aws-signature.ts';

export const bedrock: Adapter = {
  kind: 'bedrock',
  ...anthropicLike,
  paths: { messages: '/model/{model}/invoke' },
  auth: 'signed',
  forwarded: [],
  framing: 'aws-event-stream',
  path({ model, stream }) {
    const method = stream ? 'invoke-with-response-stream' : 'invoke';
    return `/model/${encodeURIComponent(model)}/${method}`;
  },
  members: () => ({
    remove: ['model', 'stream'],
    add: { anthropic_version: '"bedrock-2023-05-31"' },
  }),
  sign({ url, headers, body, secret, provider, nowMs }) {
    const credentials = awsCredentials(secret);
    // A Bedrock API key is no pair: it goes as it is.
    if (credentials === null) return { authorization: `Bearer ${secret}` };
    const region = provider.options.region ?? regionOf(url.hostname);
    const signed = { ...headers, host: url.host };
    return signV4({
      method: 'POST',
      url,
      headers: signed,
      body,
      credentials,
      region,
      service: 'bedrock',
      nowMs,
    });
  },
};

function regionOf(host: string): string {
  const region = /^bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\./.exec(host)?.[1];
  return region === undefined || isIP(host) !== 0 ? 'us-east-1' : region;
}
