// `clincher cloudflare`: what clincher.yaml wants of Cloudflare, looked at, done and watched.

import { Command } from 'commander';
import type { CloudflareFlags } from '../cloudflare/open-work.ts';
import { withExamples, withState } from '../flags.ts';

export function cloudflareCommand(): Command {
  const command = new Command('cloudflare').description(
    'Cloudflare in front: its DNS record, TLS, rules and addresses, as clincher.yaml has them',
  );
  command.addCommand(planSub());
  command.addCommand(applySub());
  command.addCommand(driftSub());
  command.addCommand(rangesSub());
  command.addCommand(firewallSub());
  return withExamples(command, [
    'clincher secret set cloudflare-token     an API token for the zone',
    'clincher cloudflare plan                 what would change; nothing does',
    'clincher cloudflare apply',
    'clincher cloudflare drift                exit code 1 when something is otherwise than declared',
    'clincher cloudflare ranges && clincher up',
    'clincher cloudflare firewall | sudo nft -f -',
  ]);
}

function withApi(command: Command): Command {
  return withState(command)
    .option('--api <url>', 'for an API gateway of your own in front of the API')
    .option('--json', 'as JSON');
}

function planSub(): Command {
  return withApi(new Command('plan'))
    .description('what `apply` would change')
    .action(async (flags: CloudflareFlags) => {
      const { output } = await import('../output.ts');
      const { openWork } = await import('../cloudflare/open-work.ts');
      const { planWork } = await import('../cloudflare/work.ts');
      const { changeLine } = await import('../cloudflare/text.ts');
      const changes = await planWork(await openWork(flags));
      if (flags.json === true) return output.json({ changes });
      for (const change of changes) output.line(changeLine(change));
      output.note(
        changes.length === 0 ? 'all is as declared' : 'clincher cloudflare apply does it',
      );
    });
}

function applySub(): Command {
  return withApi(new Command('apply'))
    .description('makes it so; when one change is refused, those before it are taken back')
    .action(async (flags: CloudflareFlags) => {
      const { output } = await import('../output.ts');
      const { openWork } = await import('../cloudflare/open-work.ts');
      const { applyWork, fetchRanges } = await import('../cloudflare/work.ts');
      const { changeLine } = await import('../cloudflare/text.ts');
      const work = await openWork(flags);
      const changes: unknown[] = [];
      await applyWork(work, (change) => {
        changes.push(change);
        if (flags.json !== true) output.line(changeLine(change));
      });
      await fetchRanges(work, false);
      if (flags.json === true) return output.json({ changes });
      const { nextSteps } = await import('../cloudflare/text.ts');
      for (const line of nextSteps(work)) output.note(line);
    });
}

function driftSub(): Command {
  return withApi(new Command('drift'))
    .description('is anything there otherwise than declared?')
    .action(async (flags: CloudflareFlags) => {
      const { output } = await import('../output.ts');
      const { exitCodes } = await import('../../kit/codes.ts');
      const { openWork } = await import('../cloudflare/open-work.ts');
      const { fetchRanges, planWork, rangesDiffer } = await import('../cloudflare/work.ts');
      const { changeLine, rangesLines } = await import('../cloudflare/text.ts');
      const work = await openWork(flags);
      const changes = await planWork(work);
      const news = await fetchRanges(work, true);
      const moved = 'tunnel' in work.told.way ? [] : rangesLines(news);
      const drifted = changes.length > 0 || (moved.length > 0 && rangesDiffer(news));
      if (flags.json === true) output.json({ drifted, changes, ranges: moved });
      else for (const line of [...changes.map(changeLine), ...moved]) output.line(line);
      if (drifted) process.exitCode = exitCodes.no;
      else output.note('all is as declared');
    });
}

function rangesSub(): Command {
  return withApi(new Command('ranges'))
    .description("fetches Cloudflare's own addresses; `up` then lets these in and nobody else")
    .action(async (flags: CloudflareFlags) => {
      const { output } = await import('../output.ts');
      const { openWork } = await import('../cloudflare/open-work.ts');
      const { fetchRanges, rangesDiffer } = await import('../cloudflare/work.ts');
      const { rangesLines } = await import('../cloudflare/text.ts');
      const news = await fetchRanges(await openWork(flags), false);
      if (flags.json === true) return output.json(news.ranges);
      for (const line of rangesLines(news)) output.line(line);
      output.note(rangesDiffer(news) ? 'clincher up puts them to use' : 'they are as they were');
    });
}

function firewallSub(): Command {
  return withState(new Command('firewall'))
    .description("the host's nftables rules that let nobody but Cloudflare to the ingress's port")
    .option('--remove', 'the rules that take them away')
    .action(async (flags: CloudflareFlags & { readonly remove?: boolean }) => {
      const { output } = await import('../output.ts');
      const { firewallOf } = await import('../cloudflare/firewall.ts');
      output.line(await firewallOf(flags));
    });
}
