// What a deployment would do: the difference between what a host is to have and what it has. Pure,
// so that --dry-run says exactly what is done.

import { createHash } from 'node:crypto';
import type { Archive, Cargo, CargoFile, CargoImage } from './cargo.ts';
import type { Facts } from './look.ts';
import { nodeWillDo } from './preflight.ts';

export interface DeployPlan {
  readonly program: Archive | null;
  readonly node: Archive | null;
  readonly images: readonly CargoImage[];
  readonly state: readonly CargoFile[];
  /** Null: the release that is there is the one wanted, and is asked to be as it says. */
  readonly release: NewRelease | null;
}

export interface NewRelease {
  readonly name: string;
  readonly program: string;
  readonly sent: readonly CargoFile[];
  /** Of the release before, what is not of this one. */
  readonly removed: readonly string[];
}

/** `name` is what a new release is called. */
export function planDeploy(cargo: Cargo, facts: Facts, name: string): DeployPlan {
  const { current } = facts;
  const has = new Map(current?.files);
  const sent = cargo.release.filter((file) => has.get(file.path) !== digestOf(file));
  const wanted = new Set(cargo.release.map(({ path }) => path));
  const removed = [...has.keys()].filter((path) => !wanted.has(path));
  const isSame =
    current?.program === cargo.program.digest && sent.length === 0 && removed.length === 0;
  return {
    program: facts.kept.has(cargo.program.digest) ? null : cargo.program,
    node: nodeWillDo(facts.node) ? null : cargo.node,
    images: cargo.images.filter(({ reference, ids }) => {
      const there = facts.images.get(reference);
      return there === undefined || !ids.includes(there);
    }),
    state: cargo.state.filter((file) => facts.state.get(file.path) !== digestOf(file)),
    release: isSame ? null : { name, program: cargo.program.digest, sent, removed },
  };
}

/** One sentence a step; no content of a secret, and not its digest. */
export function planSentences(plan: DeployPlan, { host }: Cargo): readonly string[] {
  const archive = (what: string, each: Archive | null) =>
    each === null ? [] : [`sends ${what} (${megabytes(each.bytes)})`];
  const files = (what: string, sent: readonly CargoFile[]) =>
    sent.length === 0 ? [] : [`sends ${what}: ${sent.map(({ path }) => path).join(', ')}`];
  const { release } = plan;
  return [
    ...archive('Node.js', plan.node),
    ...archive('the program and its locked dependencies', plan.program),
    ...plan.images.map(({ reference, bytes }) => `sends ${reference} (${megabytes(bytes)})`),
    ...files('what clincher made', plan.state),
    ...(release === null
      ? ['sends no release: the one that is there is this one']
      : [
          ...files(`release ${release.name}`, release.sent),
          ...release.removed.map((path) => `leaves out ${path}`),
        ]),
    host === 'app'
      ? 'brings the stack up and verifies it'
      : 'starts its programs, and looks whether they see the application host',
    ...(release === null ? [] : ['goes back to the release before when that fails']),
  ];
}

export function digestOf({ content }: CargoFile): string {
  return createHash('sha256').update(content).digest('hex');
}

function megabytes(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${Math.ceil(bytes / 1e6)} MB`;
}
