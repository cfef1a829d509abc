// From what is wanted and what is there to the changes, as plain data. Nothing that somebody else
// made is changed or taken away: a rule or a record without our mark stays as it is.

import { ClincherError } from '../kit/error.ts';
import { type Change, type Observed, type SettingName, textAt, type Wanted } from './model.ts';
import { recordChanges } from './plan-records.ts';
import { ruleChanges } from './plan-rules.ts';

/** In the order in which they are made: what protects comes before what lets people in. */
export function planChanges(wanted: Wanted, observed: Observed): Change[] {
  return [
    ...settingChanges(observed),
    ...ruleChanges(wanted, observed),
    ...originPullChanges(wanted, observed),
    ...recordChanges(wanted, observed),
  ];
}

/** From the weakest value to the strongest, and the least that is wanted. */
const settings: Readonly<
  Record<SettingName, { readonly values: readonly string[]; readonly least: string }>
> = {
  ssl: { values: ['off', 'flexible', 'full', 'strict', 'origin_pull'], least: 'strict' },
  min_tls_version: { values: ['1.0', '1.1', '1.2', '1.3'], least: '1.2' },
  always_use_https: { values: ['off', 'on'], least: 'on' },
  websockets: { values: ['off', 'on'], least: 'on' },
};

function settingChanges({ zone, settings: there }: Observed): Change[] {
  return Object.entries(settings).flatMap(([name, { values, least }]): Change[] => {
    const from = there[name as SettingName];
    // A value that is not known is left to whoever set it, and said.
    if (!values.includes(from)) throw unknownSetting(name, from);
    if (values.indexOf(from) >= values.indexOf(least)) return [];
    const path = `/zones/${zone.id}/settings/${name}`;
    const set = (value: string) => () => ({ method: 'PATCH', path, body: { value } }) as const;
    const steps = [{ call: set(least), undo: set(from) }];
    return [{ what: `setting ${name}`, from, to: least, reach: 'zone', steps }];
  });
}

function unknownSetting(name: string, value: string): ClincherError {
  return new ClincherError(
    'cloudflare-conflict',
    `the zone's setting ${name} is ${value}, which is not known here`,
    {
      fix: 'Set it in the dashboard to one that is documented, and run the command again.',
    },
  );
}

function originPullChanges({ host, originPull }: Wanted, observed: Observed): Change[] {
  const there = observed.originPull;
  if (originPull === null || there?.certPem.trim() === originPull.certPem.trim()) return [];
  const base = `/zones/${observed.zone.id}/origin_tls_client_auth/hostnames`;
  const show = (certId: string | null) =>
    ({
      method: 'PUT',
      path: base,
      body: {
        config: [{ hostname: host, cert_id: certId, enabled: certId === null ? null : true }],
      },
    }) as const;
  const upload = {
    method: 'POST',
    path: `${base}/certificates`,
    body: { certificate: originPull.certPem, private_key: originPull.keyPem.reveal() },
  } as const;
  return [
    {
      what: `client certificate for ${host}`,
      from: there === null ? null : 'another',
      to: 'ours',
      reach: 'host',
      steps: [
        {
          call: () => upload,
          keep: (result) => ({ certificate: textAt(result, 'id') }),
          undo: ({ certificate = '' }) => ({
            method: 'DELETE',
            path: `${base}/certificates/${certificate}`,
          }),
        },
        {
          call: ({ certificate = '' }) => show(certificate),
          undo: () => show(there?.certId ?? null),
        },
      ],
    },
  ];
}
