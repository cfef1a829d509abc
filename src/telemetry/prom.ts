// Of the metrics library the parts that are used: the whole brings along what measures a process,
// speaks to a cluster and pushes, and OpenTelemetry's interface for it. tsconfig.json says where
// the types of the parts are.

import type * as prom from 'prom-client';
import counter from 'prom-client/lib/counter.js';
import gauge from 'prom-client/lib/gauge.js';
import histogram from 'prom-client/lib/histogram.js';
import registry from 'prom-client/lib/registry.js';

export type Counter<Label extends string = string> = prom.Counter<Label>;
export type Gauge<Label extends string = string> = prom.Gauge<Label>;
export type Histogram<Label extends string = string> = prom.Histogram<Label>;
export type Registry = prom.Registry;

export const Counter = counter as unknown as typeof prom.Counter;
export const Gauge = gauge as unknown as typeof prom.Gauge;
export const Histogram = histogram as unknown as typeof prom.Histogram;
export const Registry = registry as unknown as typeof prom.Registry;
