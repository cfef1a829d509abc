// What the mutation campaign takes out, as data: in which files, which lines, what is left in
// their place, and which tests must notice. A family is one kind of thing that holds: a refusal, a
// flag, a rule of the filter, a check.

export interface Family {
  readonly name: string;
  readonly files: readonly string[];
  /** A line that holds something. */
  readonly line: RegExp;
  /** The line without it. */
  readonly without: string;
  /** Of a file these tests; patterns. */
  readonly tests: (file: string) => readonly string[];
}

const beside = (file: string) => [file.replace(/\.ts$/, '.test.ts')];
const refusal = /^(\s*)(?:\} else )?if \((.*)\) (return|throw|continue|\{)/;
const neverRefused = '$1if (false && ($2)) $3';

const docker = ['answer', 'body-field', 'caller', 'create-body', 'env', 'exec-body', 'field-rules']
  .concat(['field-values', 'filters', 'host-config', 'host-config-fixed', 'judge-body'])
  .concat(['judge-call', 'labels', 'masks', 'mounts', 'networking', 'query', 'scope'])
  .concat(['strict-json', 'target', 'ulimits', 'user', 'workdir']);

export const families: readonly Family[] = [
  {
    name: 'egress refusals',
    files: ['src/policy/egress.ts', 'src/policy/host.ts', 'src/policy/egress-client-hello.ts'],
    line: refusal,
    without: neverRefused,
    tests: (file) => [
      ...beside(file),
      'src/policy/egress*.test.ts',
      'src/roles/egress/attacks.test.ts',
    ],
  },
  {
    name: 'egress wire refusals',
    files: ['src/roles/egress/request-head.ts'],
    line: refusal,
    without: neverRefused,
    tests: (file) => [...beside(file), 'src/roles/egress/attacks.test.ts'],
  },
  {
    name: 'ingress refusals',
    files: ['src/policy/ingress.ts'],
    line: refusal,
    without: neverRefused,
    tests: (file) => [...beside(file), 'src/roles/ingress/ingress-attacks.test.ts'],
  },
  {
    name: 'llm refusals',
    files: ['src/policy/llm-request.ts', 'src/policy/llm-server-tools.ts'],
    line: refusal,
    without: neverRefused,
    tests: () => ['src/policy/llm-*.test.ts'],
  },
  {
    name: 'docker refusals',
    files: docker.map((name) => `src/policy/docker/${name}.ts`),
    line: refusal,
    without: neverRefused,
    tests: () => ['src/policy/docker/*.test.ts'],
  },
  {
    name: 'checks of the declaration',
    files: ['src/check/index.ts'],
    line: /^ {2}([a-z][A-Za-z]+),$/,
    without: '',
    tests: () => ['src/check/*.test.ts'],
  },
  {
    name: 'checks of stacks of others',
    files: ['src/stacks/index.ts'],
    line: /^ {2}([a-z][A-Za-z]+),$/,
    without: '',
    tests: () => ['src/stacks/*.test.ts'],
  },
  {
    name: 'flags of a jail',
    files: ['src/drivers/embedded/steps.ts'],
    line: /'--(?:unshare-[a-z-]+|disable-userns|clearenv|new-session|die-with-parent)'(?:, )?/,
    without: '',
    tests: beside,
  },
  {
    name: 'mounts of a jail that are read-only',
    files: ['src/drivers/embedded/steps.ts'],
    line: /'--ro-bind(-try)?'/,
    without: "'--bind$1'",
    tests: beside,
  },
  {
    name: 'what a jail is locked with',
    files: ['src/drivers/embedded/steps.ts'],
    line: /'--remount-ro', '([^']*)'(?:, )?|'--cap-drop', 'ALL'/,
    without: '',
    tests: beside,
  },
  {
    name: 'system calls that are denied',
    files: ['src/drivers/embedded/system-calls.ts'],
    line: /(?<=(?:refused|missing)\(\[(?:\d+, )*)\d+(?=[,\]])/,
    without: '9999',
    tests: beside,
  },
  {
    name: 'sockets that are judged',
    files: ['src/drivers/embedded/system-calls.ts'],
    line: /(?<=sockets: \[(?:\d+, )*)\d+(?=[,\]])/,
    without: '9999',
    tests: beside,
  },
  {
    name: 'parts of verification',
    files: ['src/verify/verify.ts'],
    line: /^ +\.\.\..*(?:Rows\(.*|attacked),$/,
    without: '',
    tests: () => ['src/verify/assembly.test.ts'],
  },
  {
    name: 'what verification does not believe',
    files: ['probes/system', 'probes/secrets', 'probes/reach', 'classify'].map(
      (name) => `src/verify/${name}.ts`,
    ),
    line: /(?<=const is(?:Hidden|Own|Full) = ).*(?=;$)|(?<=^ +if \()(?:!isWritten|isTcp &&).*(?=\) return)/,
    without: 'false',
    tests: () =>
      ['probe-program', 'probes-in-doubt', 'secret-search', 'classify'].map(
        (name) => `src/verify/${name}.test.ts`,
      ),
  },
  {
    name: 'bounds that verification holds a service to',
    files: ['src/verify/limit-rights.ts'],
    line: /(?<=: )each\(.*\)(?=;)|isBound\(group\.\w+, \w+\)/,
    without: '[] as never',
    tests: beside,
  },
  {
    name: 'verdicts of verification',
    files: ['judge', 'wire-attacks', 'inside-attacks', 'twin-attacks', 'told-attacks'].map(
      (name) => `src/verify/${name}.ts`,
    ),
    line: /^(\s*)if \((.*)\) (return (?:\{ observed|observed|'|open\())/,
    without: neverRefused,
    tests: beside,
  },
];

/** What can be taken out without a difference to anybody, each with the reason. */
export const withoutDifference: Readonly<Record<string, string>> = {
  "src/policy/egress-client-hello.ts: if (asked.kind === 'name' && serverName === asked.text) return 'allowed';":
    'the canonical forms of the two are compared next, and are the same',
  'src/policy/docker/field-rules.ts: if (value === null) return undefined;':
    'it is read as an empty list next, which is left out, too',
  "src/policy/llm-request.ts: if (member.kind === 'object' || member.kind === 'array') return member.kind;":
    'it is parsed next, and no list or object is a value of any key that is read',
  'src/policy/llm-request.ts: if (plainKey.test(key)) continue;':
    'it spares the folding of a key that is folded as it stands',
  "src/policy/llm-request.ts: if (member.kind === 'true' || member.kind === 'false') return member.kind === 'true';":
    'it spares the parsing of what is parsed to the same',
  "src/policy/llm-request.ts: if (member.kind === 'null') return null;":
    'it spares the parsing of what is parsed to the same',
  'src/policy/llm-server-tools.ts: if (!some) return null;':
    'it spares a look at the tools, of which none is found next',
  'src/policy/llm-server-tools.ts: if (isTwofold) return { unbounded: twofold };':
    'strangeTool() refuses the same with the same words',
  'src/policy/docker/judge-body.ts: if (!(error instanceof BodyFault)) throw error;':
    'only a fault of our own gets there',
};
