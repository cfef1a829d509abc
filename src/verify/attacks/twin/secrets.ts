// Secrets of the stack in what goes to a provider: each kind of secret, in each way that tools and
// shells write things.

import { type Encoding, encodings } from '../fill-twin.ts';
import type { TwinAttack } from '../model.ts';
import { chat, message, response } from './write.ts';

const hidden = (tries: string, mark: string, call: TwinAttack['rounds'][0][0]): TwinAttack => ({
  tries,
  rounds: [[call]],
  // Written over it arrives; refused it does not.
  ...{ arrives: { least: 0, most: 1 }, refusal: 'secret-in-prompt', hides: [mark] },
});

const ways = Object.keys(encodings) as Encoding[];

const placed: readonly (readonly [string, Encoding, (mark: string) => Record<string, unknown>])[] =
  [
    ['in the name of a user', 'plain', (mark) => ({ user: mark })],
    ['in what a tool is for', 'plain', (mark) => ({ tools: [tool(mark)] })],
    ['as a sign to stop at', 'plain', (mark) => ({ stop: [mark] })],
    ['in a member that nobody knows', 'hex', (mark) => ({ x_unknown: { deep: [mark] } })],
    ['as the name of a member', 'plain', (mark) => ({ x_named: { [mark]: '1' } })],
    ['in the data of an image', 'base64', (mark) => ({ messages: [image(mark)] })],
  ];

export const secretAttacks: readonly TwinAttack[] = [
  ...ways.map((way) => {
    const mark = `{{provider-key ${way}}}`;
    return hidden(`tell the provider's key, ${way}`, mark, chat('one', `it is ${mark} you see`));
  }),
  ...ways.map((way) => {
    const mark = `{{key-one ${way}}}`;
    return hidden(`tell the key it holds, ${way}`, mark, message('one', `it is ${mark} you see`));
  }),
  ...(['plain', 'hex', 'base64'] as const).map((way) => {
    const mark = `{{token ${way}}}`;
    return hidden(
      `tell a token that the proxy does not hold, ${way}`,
      mark,
      response('one', `it is ${mark} you see`),
    );
  }),
  ...placed.map(([where, way, put]) => {
    const mark = `{{provider-key ${way}}}`;
    return hidden(`tell it ${where}`, mark, chat('one', 'look', { members: put(mark) }));
  }),
];

function tool(description: string) {
  return { type: 'function', function: { name: 'f', description, parameters: {} } };
}

function image(data: string) {
  const url = `data:image/png;base64,${data}`;
  return {
    role: 'user',
    content: [
      { type: 'text', text: '{{try}}' },
      { type: 'image_url', image_url: { url } },
    ],
  };
}
