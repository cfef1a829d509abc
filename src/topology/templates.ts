// What a service of each role may do: the least it works with. `check` compares services with
// these, the standard topology starts from them.

import type { Rights, Run } from './model.ts';

/** The folder inside a service that outlives it, for roles that keep one. */
export const stateFolder = '/var/lib/clincher';
const mebibyte = 1024 * 1024;

const least: Rights = {
  network: 'none',
  capabilities: [],
  writable: ['/tmp'],
  mounts: [],
  worldListeners: [],
  memoryBytesMax: 512 * mebibyte,
  cpusMax: 1,
  // Threads count: Node starts about a dozen.
  processesMax: 64,
  filesMax: 1_024,
};

/**
 * The upper bound of a role's rights. Host paths and world listeners depend on the options and are
 * added by whoever makes the service: docker.sock for docker-proxy, CA files for llm, one listener
 * for ingress.
 */
export const templates: Readonly<Record<Run['role'], Rights>> = {
  // Two descriptors for each connection it may hold.
  ingress: { ...least, filesMax: 4_096 },
  // OpenClaw takes 1.1 GB after it has booted and runs tools as children.
  gateway: {
    ...least,
    writable: ['/tmp', stateFolder],
    memoryBytesMax: 4_096 * mebibyte,
    cpusMax: 2,
    processesMax: 512,
    filesMax: 8_192,
  },
  'docker-proxy': least,
  // Jails for the tools are not in its own: what they may use is in the shape of a sandbox.
  sandbox: least,
  // Bodies of 32 MiB are held while they are priced; the ledger is its state.
  llm: {
    ...least,
    writable: ['/tmp', stateFolder],
    memoryBytesMax: 1_024 * mebibyte,
    filesMax: 4_096,
  },
  egress: { ...least, network: 'outside', filesMax: 4_096 },
  metrics: least,
  demo: least,
  program: {
    ...least,
    writable: ['/tmp', stateFolder],
    memoryBytesMax: 1_024 * mebibyte,
    processesMax: 256,
    filesMax: 4_096,
  },
};
