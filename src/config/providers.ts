// The section `providers`: known names need only a key; any other says where it is and what it
// speaks.

import { didYouMean } from '../kit/located/nearest.ts';
import type { Reader } from '../kit/located/reader.ts';
import type { ProviderOptions } from '../topology/options.ts';
import { given } from './deployment.ts';
import { nameText } from './fields.ts';
import { dialectOfKind, knownProviders, regionalUrl } from './known-providers.ts';
import { type ProviderSection, providerSchema } from './schema.ts';
import { secretSource } from './secret-source.ts';

export function readProviders(
  reader: Reader,
  ownServices: readonly string[],
  resolve: (path: string) => string,
): readonly ProviderOptions[] {
  if (reader.valueAt(['providers']) === undefined) {
    reader.add(
      ['providers'],
      'is required: providers: { anthropic: { key: env:ANTHROPIC_API_KEY } }',
    );
  }
  const names = reader.names(['providers'], nameText);
  const value = reader.valueAt(['providers']);
  if (typeof value === 'object' && value !== null && Object.keys(value).length === 0) {
    reader.add(['providers'], 'must name one provider at least');
  }
  return names.flatMap((name) => {
    const section = reader.readMap(['providers', name], providerSchema);
    return section === undefined ? [] : provider(reader, name, section, ownServices, resolve);
  });
}

function provider(
  reader: Reader,
  name: string,
  section: Partial<ProviderSection>,
  ownServices: readonly string[],
  resolve: (path: string) => string,
): ProviderOptions {
  const path = ['providers', name];
  const known = Object.hasOwn(knownProviders, name) ? knownProviders[name] : undefined;
  const { region, kind: ownKind } = section;
  const regional =
    ownKind === undefined || region === undefined ? null : regionalUrl(ownKind, region);
  const dialect =
    section.dialect ?? (ownKind === undefined ? known?.dialect : dialectOfKind(ownKind));
  const baseUrl = section.baseUrl ?? regional ?? known?.baseUrl;
  const has = (key: string) => reader.valueAt([...path, key]) !== undefined;
  const missing = [
    ...(has('baseUrl') || regional !== null ? [] : ['baseUrl']),
    ...(has('dialect') || has('kind') ? [] : ['dialect']),
  ];
  if (known === undefined && missing.length > 0) {
    const hint = didYouMean(name, Object.keys(knownProviders));
    reader.add(path, `not a known provider, so it needs ${missing.join(' and ')}${hint}`);
  }
  if (ownKind === 'vertex' && !has('project')) reader.add([...path, 'project'], 'is required');
  if (known !== undefined && !has('baseUrl') && !has('key')) {
    const variable = `${name.toUpperCase()}_API_KEY`;
    reader.add(path, `needs its key, for example key: env:${variable}`);
  }
  // At another address it is somebody else who speaks the dialect.
  const kind = ownKind ?? (has('baseUrl') || has('dialect') ? undefined : known?.kind);
  const { apis, apiVersion, organization, project } = section;
  const options = given({ apis, apiVersion, organization, region, project });
  checkTransport(reader, name, section, ownServices);
  const { key, ca } = section;
  return {
    name,
    dialect: dialect ?? 'openai',
    baseUrl: withoutVersion(baseUrl ?? 'https://invalid'),
    key: key === undefined ? null : secretSource(key, resolve),
    keyText: key ?? '',
    caFile: ca === undefined ? null : resolve(ca),
    ...(kind === undefined ? {} : { kind }),
    ...(options === null ? {} : { options }),
    at: reader.document.declaredAt(path),
  };
}

/**
 * Over the internet a key must not travel in the clear; a service of the user's own has a socket.
 */
function checkTransport(
  reader: Reader,
  name: string,
  { baseUrl, ca }: Partial<ProviderSection>,
  ownServices: readonly string[],
): void {
  if (baseUrl === undefined || new URL(baseUrl).protocol === 'https:') return;
  const path = ['providers', name];
  if (!ownServices.includes(new URL(baseUrl).hostname)) {
    reader.add(
      [...path, 'baseUrl'],
      'must be https, because a key must not travel in the clear; http is for a host from `services`',
    );
  }
  if (ca !== undefined) reader.add([...path, 'ca'], 'has no use with http');
}

/** Clients are commonly given a base that ends in `/v1`, and mean the same by it. */
function withoutVersion(baseUrl: string): string {
  return baseUrl.replace(/\/+$/, '').replace(/\/v1$/, '');
}
