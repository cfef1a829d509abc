// What `up` says while it works: one live line on a terminal, plain lines elsewhere, NDJSON for
// programs.

import pc from 'picocolors';

export type ProgressKind = 'terminal' | 'plain' | 'json';

export interface Progress {
  /**
   * Runs one phase and says so: when it starts, what `update` is told, and how it ended. `work`
   * resolves to what came of it in a few words, or null when there was nothing to do and nothing
   * worth a line.
   */
  phase<T extends string | null>(name: string, work: (update: Update) => Promise<T>): Promise<T>;
  /** A line of its own, kept. */
  note(text: string): void;
  warn(text: string): void;
}

export type Update = (text: string) => void;

export interface ProgressWorld {
  readonly write: (text: string) => void;
  readonly columns: () => number;
  readonly monotonicMs: () => number;
}

/** On the terminal of whoever started this; as JSON to where answers go. */
export function standardProgress(json: boolean): Progress {
  const live = process.stderr.isTTY === true;
  const stream = json ? process.stdout : process.stderr;
  return createProgress(json ? 'json' : live ? 'terminal' : 'plain', {
    write: (text) => void stream.write(text),
    columns: () => process.stderr.columns ?? 0,
    monotonicMs: () => performance.now(),
  });
}

export function createProgress(kind: ProgressKind, world: ProgressWorld): Progress {
  if (kind === 'json') return jsonProgress(world);
  const live = kind === 'terminal';
  const rewrite = live ? '\r\x1b[2K' : '';
  return {
    async phase(name, work) {
      const startedMs = world.monotonicMs();
      const show = (text: string) => {
        if (live) world.write(rewrite + cut(`  ${pc.cyan('…')} ${name}${text}`, world.columns()));
      };
      show('');
      try {
        const result = await work((text) => show(`: ${text}`));
        const took = world.monotonicMs() - startedMs;
        const seconds = took < 1_000 ? '' : pc.dim(` (${(took / 1_000).toFixed(0)} s)`);
        if (result === null) world.write(rewrite);
        else world.write(`${rewrite}  ${pc.green('✓')} ${name}: ${result}${seconds}\n`);
        return result;
      } catch (error) {
        world.write(`${rewrite}  ${pc.red('✗')} ${name}\n`);
        throw error;
      }
    },
    note: (text) => world.write(`${rewrite}  ${text}\n`),
    warn: (text) => world.write(`${rewrite}  ${pc.yellow('!')} ${text}\n`),
  };
}

function jsonProgress(world: ProgressWorld): Progress {
  const say = (event: Record<string, unknown>) => world.write(`${JSON.stringify(event)}\n`);
  return {
    async phase(name, work) {
      say({ event: 'phase-started', name });
      try {
        const result = await work((text) => say({ event: 'phase-progress', name, text }));
        say({ event: 'phase-done', name, result });
        return result;
      } catch (error) {
        say({ event: 'phase-failed', name });
        throw error;
      }
    },
    note: (text) => say({ event: 'note', text }),
    warn: (text) => say({ event: 'warning', text }),
  };
}

/**
 * A live line that wraps cannot be rewritten. Colour codes are few, so counting them too only cuts
 * earlier.
 */
function cut(text: string, columns: number): string {
  return text.length < columns || columns === 0 ? text : `${text.slice(0, columns - 2)}…`;
}
