// All that every ingress has to do.

import { attackCases } from './attacks.ts';
import { frontCases } from './front.ts';
import { http2Cases } from './http2.ts';
import { limitCases } from './limits.ts';
import type { IngressCase } from './model.ts';
import { reloadCases } from './reload.ts';
import { requestCases } from './requests.ts';
import { webSocketCases } from './websockets.ts';

export const ingressCases: readonly IngressCase[] = [
  ...requestCases,
  ...limitCases,
  ...attackCases,
  ...frontCases,
  ...webSocketCases,
  ...http2Cases,
  ...reloadCases,
];
