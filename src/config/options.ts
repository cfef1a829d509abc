// The user's file to StackOptions, with every default filled in and every error collected on the
// way.

import { isAbsolute, join } from 'node:path';
import type { Reader } from '../kit/located/reader.ts';
import type { DriverName, Isolation, Preset } from '../topology/model.ts';
import type { StackOptions } from '../topology/options.ts';
import { readEgress } from './access.ts';
import { readAgent } from './agent.ts';
import { readAlarms } from './alarms.ts';
import { readCache } from './cache.ts';
import { readIngress } from './ingress.ts';
import { readGuards, readKeys } from './key-sections.ts';
import { readRouting } from './model-group.ts';
import { readModels } from './models.ts';
import { readMoney } from './money-sections.ts';
import { readLitellmNames, readMonitoring } from './monitoring.ts';
import { readEdges, readServices } from './own-services.ts';
import { readProviders } from './providers.ts';
import { readRedis } from './redis.ts';
import { readSandbox } from './sandbox.ts';
import { configSchema } from './schema.ts';
import { readSwarm } from './swarm-section.ts';
import { readVerify } from './verify-section.ts';

/** What the file cannot know. */
export interface ConfigSurroundings {
  /** Paths in the file are relative to this folder. */
  readonly baseDir: string;
  /** `up --demo`. */
  readonly demo: boolean;
  /** Cloudflare's addresses, as they were last fetched. */
  readonly cloudflareRanges?: readonly string[];
  /** `--driver`: in the place of what the file says. */
  readonly driver?: DriverName | undefined;
  /** Told of each path that the file names, absolute. */
  readonly named?: ((path: string) => void) | undefined;
}

const sections = configSchema.shape;

/** Every error is in the reader's problems afterwards; with one, the value is not to be used. */
export function optionsFrom(
  reader: Reader,
  file: string,
  surroundings: ConfigSurroundings,
): StackOptions {
  if (reader.valueAt(['version']) === undefined) reader.add(['version'], 'is required: version: 1');
  else reader.read(['version'], sections.version);
  const preset = reader.read<Preset | undefined>(['preset'], sections.preset) ?? 'default';
  const resolve = (path: string) => {
    const absolute = isAbsolute(path) ? path : join(surroundings.baseDir, path);
    surroundings.named?.(absolute);
    return absolute;
  };
  const services = readServices(reader);
  const ownNames = services.map(({ name }) => name);
  const providers = readProviders(reader, ownNames, resolve);
  const driver = readDriver(reader, preset, surroundings.driver);
  const routing = readRouting(reader);
  const models = readModels(reader, providers, surroundings.demo);
  return {
    preset,
    ...driver,
    ...readSwarm(reader),
    file,
    agent: readAgent(reader, models, resolve),
    providers,
    models,
    ...(routing === undefined ? {} : { routing }),
    ...readMoney(reader),
    ...readKeys(reader, ownNames, resolve),
    ...readGuards(reader),
    ...readAlarms(reader, resolve),
    ...readVerify(reader),
    ...readCache(reader, models, resolve),
    ...readRedis(reader, ownNames, resolve),
    egress: readEgress(reader, ownNames),
    ingress: readIngress(reader, resolve, surroundings.cloudflareRanges ?? [], driver.driver),
    sandbox: readSandbox(reader, { preset, ...driver }),
    monitoring: readMonitoring(reader, preset, resolve),
    ...readLitellmNames(reader),
    services,
    edges: readEdges(reader, ownNames),
    demo: surroundings.demo,
  };
}

const isolations: Readonly<Record<DriverName, readonly Isolation[]>> = {
  embedded: ['sealed'],
  docker: ['segmented', 'sealed', 'reference'],
  swarm: ['segmented', 'reference'],
};

function readDriver(
  reader: Reader,
  preset: Preset,
  instead: DriverName | undefined,
): { readonly driver: DriverName; readonly isolation: Isolation } {
  const isReference = preset === 'reference';
  const said = reader.read<DriverName | undefined>(['driver'], sections.driver);
  const driver = instead ?? said ?? null;
  const chosen = driver ?? (isReference ? 'docker' : 'embedded');
  if (isReference && driver === 'embedded') {
    reader.add(['driver'], 'preset reference runs images, so its driver is docker or swarm');
  }
  const known = isolations[chosen];
  const standard = isReference && known.includes('reference') ? 'reference' : known[0];
  const declared = reader.read<Isolation | undefined>(['isolation'], sections.isolation);
  // What the file says for its own driver says nothing of another.
  const isOthers = instead !== undefined && instead !== said;
  const isolation = isOthers && !known.includes(declared ?? 'sealed') ? undefined : declared;
  if (isolation !== undefined && !known.includes(isolation)) {
    reader.add(['isolation'], `driver ${chosen} has ${known.join(', ')} only`);
  }
  return { driver: chosen, isolation: isolation ?? standard ?? 'sealed' };
}
