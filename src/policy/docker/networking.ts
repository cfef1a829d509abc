// NetworkingConfig of a create: it may name the network that the sandbox has anyway, and nothing
// else. Nothing of it is passed on.

import { BodyFault, type FieldRule, objectOf, type Reading, readFields } from './body-field.ts';
import { nothing } from './field-rules.ts';
import type { Template } from './model.ts';
import type { Json } from './strict-json.ts';

export function checkNetworking(value: Json, template: Template, reading: Reading): void {
  const field = 'NetworkingConfig.EndpointsConfig';
  const config = readFields(value, 'NetworkingConfig', networkingFields, reading);
  for (const [network, endpoint] of objectOf(config.get('EndpointsConfig') ?? null, field)) {
    if (!['default', 'bridge', 'none', template.network].includes(network)) {
      const says = `The template has no network "${network.slice(0, 64)}".`;
      throw new BodyFault('docker-network-refused', field, says);
    }
    readFields(endpoint, `${field}.${network}`, endpointFields, reading);
  }
}

const networkingFields: Readonly<Record<string, FieldRule>> = {
  EndpointsConfig: (value) => value,
};

const none = nothing('docker-network-refused');

/** Clients send all of them, with nothing in them. */
export const endpointFields: Readonly<Record<string, FieldRule>> = {
  Aliases: none,
  DNSNames: none,
  DriverOpts: none,
  EndpointID: none,
  Gateway: none,
  GlobalIPv6Address: none,
  GlobalIPv6PrefixLen: none,
  GwPriority: none,
  IPAMConfig: none,
  IPAddress: none,
  IPPrefixLen: none,
  IPv6Gateway: none,
  Links: none,
  MacAddress: none,
  NetworkID: none,
};
