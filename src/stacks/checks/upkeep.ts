// What a stack is made of and how it is kept: versions, budgets, scrapes, checks that cannot fail;
// and what of it was not read.

import type { Check } from '../../check/check.ts';
import { LocatedDocument } from '../../kit/located/document.ts';
import { holesOf, versionOf } from '../known-holes.ts';
import { entriesOf, isUnknown, listOf, textOf } from '../values.ts';
import { isOurs, type StackView } from '../view.ts';

export const images: Check<StackView> = {
  id: 'stack-images',
  invariant: 'Every image is of one version, without a hole that is known.',
  because:
    'A tag that moves brings tomorrow what nobody has looked at; an old one has its exploits.',
  *find(view) {
    for (const { name, image, at, placeOf } of view.stack.services) {
      if (image === '' || image.includes('@sha256:')) continue;
      for (const { what, fixed } of holesOf(image)) {
        const message = `${name} runs ${image}, which has ${what}`;
        yield {
          severity: 'fatal',
          about: name,
          message,
          fix: `Take ${fixed} or later.`,
          at: placeOf('image'),
        };
      }
      if (versionOf(image) !== null || /:[0-9a-f]{7,64}$/.test(image)) continue;
      const shown = isUnknown(image) ? 'an image that a variable names' : image;
      const message = `${name} runs ${shown}: no version of it is named`;
      yield {
        severity: 'warning',
        about: name,
        message,
        fix: 'Name a version, or better its digest.',
        at,
      };
    }
  },
};

export const budget: Check<StackView> = {
  id: 'stack-budget',
  invariant: 'Where a model costs money there is a hard budget.',
  because: 'An agent that runs in a circle, or is made to, spends until somebody looks.',
  *find(view) {
    for (const service of view.ofPart('llm-proxy').filter((one) => !isOurs(one))) {
      const { name, words, settings, at } = service;
      const said = [
        ...view.filesOf(service).map(({ text }) => text),
        ...words,
        ...settings.map((one) => one.name),
      ];
      if (said.some((text) => /budget/i.test(text))) continue;
      const message = `nothing of ${name} says how much may be spent`;
      const fix = 'Set a budget for the key that the agent has (max_budget, budget_duration).';
      yield { severity: 'warning', about: name, message, fix, at };
    }
  },
};

export const scrape: Check<StackView> = {
  id: 'stack-scrape',
  invariant: 'Metrics cross no network in clear, and are fetched from where there are any.',
  because: 'They tell hosts, models and spending; and a scrape that cannot work alarms nobody.',
  *find(view) {
    const names = new Set(view.stack.services.map(({ name }) => name));
    for (const service of view.stack.services) {
      const { name } = service;
      for (const { text, file } of view.filesOf(service)) {
        if (!/^scrape_configs:/m.test(text)) continue;
        const document = new LocatedDocument(text, file, { aliases: true, anyText: true });
        const jobs = listOf(entriesOf(document.value).scrape_configs);
        for (const [index, job] of jobs.entries()) {
          const { scheme, static_configs: targets } = entriesOf(job);
          const hosts = listOf(targets).flatMap((one) =>
            listOf(entriesOf(one).targets).map(textOf),
          );
          const far = hosts.filter((one) => !names.has(one.replace(/:.*$/, '')) && !isOwn(one));
          if (textOf(scheme) === 'https' || far.length === 0) continue;
          const message = `${name} asks ${far.join(', ')} for metrics in clear`;
          const fix = 'Use `scheme: https` with a token, at a port that is published for it.';
          const at = document.placeOf(['scrape_configs', index]);
          yield { severity: 'fatal', about: name, message, fix, at };
        }
      }
    }
  },
};

function isOwn(target: string): boolean {
  return /^(localhost|127\.[0-9.]+|\[::1\])(:|$)/.test(target);
}

export const verifications: Check<StackView> = {
  id: 'stack-checks',
  invariant: 'A check can fail.',
  because: 'One that ends well whatever it finds is believed, and says nothing.',
  *find(view) {
    for (const { name, healthcheck, words, placeOf } of view.stack.services) {
      const found = (['healthcheck', 'command'] as const).find((key) => {
        const said = (key === 'healthcheck' ? healthcheck : words).join(' ');
        return /(\|\||;)\s*(true|:|exit 0)\s*;?\s*$/.test(said);
      });
      if (found === undefined) continue;
      const message = `the ${found} of ${name} ends well whatever happens`;
      const fix = 'Take `|| true` out; `clincher verify` ends with 1 where something differs.';
      yield { severity: 'warning', about: name, message, fix, at: placeOf(found) };
    }
  },
};

export const notRead: Check<StackView> = {
  id: 'stack-not-read',
  invariant: 'All of the stack was read, and one service of it is known as the agent.',
  because: 'What was not read may hold anything.',
  *find(view) {
    const { file, notRead: all, networks, services } = view.stack;
    for (const { about, what, at } of all) {
      const message = `${about}: ${what} was not read`;
      yield { severity: 'warning', about, message, fix: 'Read it yourself, or write it out.', at };
    }
    for (const { name, external, at } of networks) {
      if (!external) continue;
      const message = `the network ${name} is made elsewhere: who else is on it was not read`;
      const fix = 'Make it here, with `internal: true`.';
      yield { severity: 'warning', about: name, message, fix, at };
    }
    if (view.ofPart('agent').length > 0 || services.length === 0) return;
    const message = 'none of the services is known as the agent, which is judged most strictly';
    const fix = 'Say which it is: --agent NAME.';
    yield { severity: 'fatal', about: file, message, fix, at: { file, line: 1, column: 1 } };
  },
};
