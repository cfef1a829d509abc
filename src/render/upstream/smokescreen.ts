// Where the reference's services may go, as a Smokescreen ACL; and how its program is built.

import type { Topology } from '../../topology/model.ts';
import { upstream } from '../../topology/pins.ts';
import { embedding } from './litellm.ts';

/** It refuses callers without a certificate otherwise, and the reference gives nobody one. */
export const smokescreenConfig = { allow_missing_role: true };

/** Of its rules the one for whoever has no other: one list for all. */
export function smokescreenAcl({ services }: Topology): object {
  const hosts = services.flatMap(({ run }) =>
    run.role === 'egress' ? run.rules.rules.flatMap((rule) => rule.hosts) : [],
  );
  const all = new Set([...hosts, embedding.host]);
  return {
    version: 'v1',
    services: [],
    default: {
      ...{ project: 'openclaw', action: 'enforce' },
      allowed_domains: [...all].toSorted(),
    },
  };
}

export const smokescreenDockerfile = `FROM ${upstream.go} AS builder
ENV CGO_ENABLED=0
RUN go install github.com/stripe/smokescreen@${upstream.smokescreenCommit}

FROM ${upstream.alpine}
RUN apk add --no-cache ca-certificates && adduser -D -H smokescreen
COPY --from=builder /go/bin/smokescreen /usr/local/bin/smokescreen
USER smokescreen
ENTRYPOINT ["smokescreen"]
`;
