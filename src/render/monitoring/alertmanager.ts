// Alertmanager: who is told, and how often. Every secret is a file that it reads; the file here
// names it.

import type { Receiver } from '../../topology/monitoring-model.ts';
import type { Artefact, MonitoringView } from './artefact.ts';
import { secretPath, yamlText } from './artefact.ts';
import { watchdogAlert } from './rules.ts';

const people = 'people';
const switchName = 'dead-mans-switch';
const nobody = 'nobody';

/** Source: Alertmanager 0.28, configuration in its documentation. */
export const alertmanager: Artefact = (view) => {
  const { receivers, deadMansSwitch } = view.rules;
  const secret = secretIn(view);
  const heartbeat =
    deadMansSwitch === null ? {} : { webhook_configs: [{ ...webhook(secret(deadMansSwitch)) }] };
  const config = {
    route: {
      receiver: people,
      group_by: ['alertname', 'service'],
      group_wait: '10s',
      group_interval: '5m',
      repeat_interval: '4h',
      routes: [
        {
          matchers: [`alertname="${watchdogAlert}"`],
          receiver: deadMansSwitch === null ? nobody : switchName,
          group_wait: '0s',
          group_interval: '1m',
          repeat_interval: '1m',
        },
      ],
    },
    // The agent's own alert says it all, where it is the agent that does not answer.
    inhibit_rules: [
      {
        source_matchers: ['alertname="GatewayDown"'],
        target_matchers: ['alertname="OutsideCheckFails"', 'check="health"'],
      },
    ],
    receivers: [
      { name: people, ...receiversOf(receivers, secret) },
      { name: deadMansSwitch === null ? nobody : switchName, ...heartbeat },
    ],
  };
  return [{ path: 'alertmanager/alertmanager.yml', content: yamlText(config) }];
};

type SecretFile = (name: string) => string;

function secretIn({ at }: MonitoringView): SecretFile {
  return (name) => `${at}/${secretPath('alertmanager', name)}`;
}

function webhook(urlFile: string) {
  return { url_file: urlFile, send_resolved: true };
}

function receiversOf(receivers: readonly Receiver[], secret: SecretFile) {
  const entries = receivers.map((receiver) => configOf(receiver, secret));
  const kinds = Map.groupBy(entries, ([kind]) => kind);
  return Object.fromEntries(
    [...kinds].map(([kind, group]) => [kind, group.map(([, config]) => config)]),
  );
}

function configOf(receiver: Receiver, secret: SecretFile): readonly [string, object] {
  switch (receiver.kind) {
    case 'ntfy':
      return [
        'webhook_configs',
        { ...webhook(secret(receiver.url)), http_config: ntfy(receiver, secret) },
      ];
    case 'webhook':
      return ['webhook_configs', webhook(secret(receiver.url))];
    case 'telegram':
      return [
        'telegram_configs',
        {
          bot_token_file: secret(receiver.token),
          chat_id: receiver.chat,
          parse_mode: '',
          send_resolved: true,
          message: plainText,
        },
      ];
    case 'email':
      return ['email_configs', mail(receiver, secret)];
  }
}

/** Its own template for what Alertmanager posts; source: ntfy, publish/#pre-defined-templates. */
function ntfy({ token }: Extract<Receiver, { kind: 'ntfy' }>, secret: SecretFile) {
  return {
    ...(token === null ? {} : { authorization: { credentials_file: secret(token) } }),
    http_headers: { 'X-Template': { values: ['alertmanager'] } },
  };
}

function mail(receiver: Extract<Receiver, { kind: 'email' }>, secret: SecretFile) {
  const { to, from, server, user, password } = receiver;
  return {
    ...{ to, from, smarthost: server, require_tls: true, send_resolved: true },
    ...(password === null ? {} : { auth_username: user, auth_password_file: secret(password) }),
    text: plainText,
    html: '',
    headers: { subject: '{{ .Status | toUpper }}: {{ .CommonLabels.alertname }}' },
  };
}

const plainText =
  '{{ range .Alerts }}{{ .Status | toUpper }} {{ .Labels.alertname }}: {{ .Annotations.summary }}\n' +
  '{{ if eq .Status "firing" }}{{ .Annotations.action }}\n{{ end }}{{ end }}';
