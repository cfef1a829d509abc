// Whose hands keys are in, and whether they stand in a file.

import type { Check, Fault } from '../../check/check.ts';
import { holdsKnownKey } from '../../kit/located/secret-literal.ts';
import type { FoundService, FoundSetting } from '../model.ts';
import { hostOf } from '../parts.ts';
import { isUnknown } from '../values.ts';
import type { StackView } from '../view.ts';

const providers = new RegExp(
  `^(${[
    ...['ANTHROPIC', 'OPENAI', 'OPENROUTER', 'GEMINI', 'GOOGLE', 'GROQ', 'MISTRAL', 'XAI', 'AWS'],
    ...['DEEPSEEK', 'TOGETHER', 'FIREWORKS', 'COHERE', 'PERPLEXITY', 'MOONSHOT', 'ZAI', 'AZURE'],
  ].join('|')})_`,
);
const secretName = /(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)(_ID)?$/;
/** What the agent's own service needs to know by nature. */
const agentsOwn = /^(OPENCLAW|CLAWDBOT|MOLTBOT)_/;

export const keys: Check<StackView> = {
  id: 'stack-keys',
  invariant: "A provider's key is where the provider is called, and the agent has none.",
  because:
    'Who holds the key spends without budget, cache and record, and can use it from anywhere: the ' +
    'agent reads its own environment, and so does everything it starts.',
  *find(view) {
    for (const service of view.stack.services) yield* judgeHolder(service, view);
  },
};

function* judgeHolder(service: FoundService, view: StackView): Iterable<Fault> {
  const part = view.part(service);
  const { name } = service;
  const held = service.settings.filter(
    (one) => secretName.test(one.name) && one.written !== '' && !isVirtual(one, service, view),
  );
  const ofProviders = held.filter((one) => providers.test(one.name));
  const [first] = ofProviders;
  if (first !== undefined) {
    const list = ofProviders.map((one) => one.name).join(', ');
    const isItsPlace = part === 'llm-proxy';
    yield {
      severity: isItsPlace ? 'warning' : 'fatal',
      about: name,
      message: isItsPlace
        ? `${name} has ${list} in its environment, where \`docker inspect\` shows it`
        : `${name} has ${list} in its environment: it can spend past every budget`,
      fix: isItsPlace
        ? 'Give it as a file: `secrets:`.'
        : 'Give it to the model proxy alone; the agent gets a key of that proxy.',
      at: first.at,
    };
  }
  const others = held.filter((one) => !ofProviders.includes(one) && !agentsOwn.test(one.name));
  const [other] = others;
  if (part === 'agent' && other !== undefined) {
    yield {
      severity: 'fatal',
      about: name,
      message: `${name} has ${others.map((one) => one.name).join(', ')}, of other services, too`,
      fix: 'Name the variables that it needs; an `env_file` of all gives all.',
      at: other.at,
    };
  }
}

/** A key for a proxy of this stack, and not the provider's that the proxy has itself. */
function isVirtual(
  { name, written }: FoundSetting,
  service: FoundService,
  view: StackView,
): boolean {
  const prefix = name.replace(/_(API_)?(KEY|TOKEN)$|_AUTH_TOKEN$/, '');
  const base = service.settings.find((one) =>
    [`${prefix}_BASE_URL`, `${prefix}_API_BASE`, `${prefix}_URL`].includes(one.name),
  );
  const [host = ''] = hostOf(base?.value ?? '');
  const proxy = view.stack.services.find((one) => one.name === host && one !== service);
  return proxy?.settings.every((one) => one.written !== written) === true;
}

export const secretsInFile: Check<StackView> = {
  id: 'stack-secret-in-file',
  invariant: 'No secret stands in the Compose file, or in the arguments of a program.',
  because:
    'The file gets committed, mailed and pasted; arguments are seen by all who can list processes.',
  *find(view) {
    for (const { name, settings, words, placeOf } of view.stack.services) {
      const fix = 'Give it as a file (`secrets:`), and replace that secret.';
      for (const { name: key, written, at } of settings) {
        if (at.file !== view.stack.file || isUnknown(written)) continue;
        const isSecret = holdsKnownKey(written) || (secretName.test(key) && written.length >= 8);
        if (isSecret && !/^\/|^https?:/.test(written)) {
          const message = `${name}: the value of ${key} stands in the file`;
          yield { severity: 'fatal', about: name, message, fix, at };
        }
      }
      const flags = /^--?(requirepass|password|api-?key|token|secret)[= ]?/i;
      const index = words.findIndex(
        (word, at) => holdsKnownKey(word) || (flags.test(word) && isText(words, word, at)),
      );
      if (index < 0) continue;
      const message = `${name} is given a secret as an argument`;
      yield { severity: 'warning', about: name, message, fix, at: placeOf('command') };
    }
  },
};

/** The value of a flag: after the sign, or in the next word. */
function isText(words: readonly string[], word: string, index: number): boolean {
  const value = word.includes('=') ? word.replace(/^[^=]*=/, '') : (words[index + 1] ?? '');
  return value !== '' && !value.startsWith('-') && !value.startsWith('/');
}
