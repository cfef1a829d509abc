// What a person may say in OpenClaw's own settings, key by key. What would undo what the stack
// promises (where tools run, who answers models, who comes in, what is dialled) is refused by name;
// what is not in the table is refused as well.

/** `secret`: must be a reference. `model`: one of the stack's. */
export type Ruling = 'taken' | 'secret' | 'model' | { readonly refused: string };

const pastLlm: Ruling = { refused: 'calls providers past llm, its budget and its record' };
const placed: Ruling = { refused: 'is a folder of the jail that the stack chooses' };
const unknown: Ruling = { refused: 'is no setting of OpenClaw that clincher knows' };
const sandboxed: Ruling = { refused: 'is `sandbox` in clincher.yaml' };
const inModels: Ruling = { refused: 'is `models` in clincher.yaml' };
const ofWebhook: Ruling = {
  refused: 'needs an open port; without it the agent asks for its messages',
};

const ofTelegram: ReadonlyMap<string, Ruling> = new Map<string, Ruling>([
  ...all('taken', [
    ...['ackReaction', 'actions', 'allowFrom', 'apiRoot', 'autoTopicLabel', 'capabilities'],
    ...['commands', 'contextVisibility', 'customCommands', 'defaultAccount', 'defaultTo', 'direct'],
    ...['dmHistoryLimit', 'dmPolicy', 'dms', 'enabled', 'errorPolicy', 'groupAllowFrom'],
    ...['groupPolicy', 'groups', 'healthMonitor', 'heartbeatVisibility', 'historyLimit'],
    ...['joinIntro', 'linkPreview', 'markdown', 'mediaMaxMb', 'mentionPatterns', 'name'],
    ...['reactionLevel', 'reactionNotifications', 'replyToMode', 'responsePrefix', 'richMessages'],
    ...['silentErrorReplies', 'streaming', 'textChunkLimit', 'threadBindings'],
  ]),
  ['botToken', 'secret'],
  ['tokenFile', { refused: 'is a file of the jail; write botToken: file:PATH' }],
  ['proxy', { refused: 'is the egress proxy of the stack' }],
  ['network', { refused: 'would change what is dialled, and how' }],
  ['trustedLocalFileRoots', { refused: 'would send files of the jail past the sandbox' }],
  ['execApprovals', { refused: 'has no use: every command runs in a sandbox' }],
  ['configWrites', { refused: 'has no use: the settings are in clincher.yaml' }],
  ...all(ofWebhook, ['webhookUrl', 'webhookSecret', 'webhookPath', 'webhookHost']),
  ...all(ofWebhook, ['webhookPort', 'webhookCertPath']),
]);

const ofAgent: ReadonlyMap<string, Ruling> = new Map<string, Ruling>([
  ...all('taken', [
    ...['blockStreamingBreak', 'blockStreamingChunk', 'blockStreamingCoalesce'],
    ...['blockStreamingDefault', 'bootstrapMaxChars', 'bootstrapTotalMaxChars', 'compaction'],
    ...['contextInjection', 'contextLimits', 'contextPruning', 'default', 'description'],
    ...['fastModeDefault', 'groupChat', 'heartbeat', 'humanDelay', 'identity', 'imageQuality'],
    ...['imageMaxDimensionPx', 'maxConcurrent', 'mediaMaxMb', 'name', 'reasoningDefault'],
    ...['silentReply', 'skills', 'skillsLimits', 'skipBootstrap', 'skipOptionalBootstrapFiles'],
    ...['startupContext', 'subagents', 'thinkingDefault', 'timeoutSeconds', 'toolProgressDetail'],
    ...['typingIntervalSeconds', 'typingMode', 'userTimezone', 'verboseDefault'],
    ...['tools.profile', 'tools.allow', 'tools.alsoAllow', 'tools.deny'],
  ]),
  ...all('model', ['utilityModel', 'decisionModel', 'heartbeat.model', 'compaction.model']),
  ...all('model', ['compaction.memoryFlush.model', 'subagents.model']),
  ['model', { refused: 'is `models.default` in clincher.yaml' }],
  ...all(inModels, ['models', 'modelPolicy', 'modelSelectionScope', 'params']),
  ...all(pastLlm, ['imageModel', 'mediaModels', 'voiceModel', 'pdfModel', 'tts', 'memory']),
  ...all(placed, ['workspace', 'cwd', 'repoRoot', 'agentDir', 'sessionStore']),
  ['sandbox', sandboxed],
  ['compaction.provider', { refused: 'is a plugin' }],
  ['runtime', { refused: 'would start other programs beside the agent' }],
  ['tools', { refused: 'may only name tools: profile, allow, alsoAllow, deny' }],
  ['elevatedDefault', { refused: 'has no use: nothing steps out of the sandbox' }],
]);

/** By path; `*` is any one name. The longest that fits is asked. */
const rules: ReadonlyMap<string, Ruling> = new Map<string, Ruling>([
  ...below('agents.defaults', ofAgent),
  ...below('agents.entries.*', ofAgent),
  ...below('channels.telegram', ofTelegram),
  ...below('channels.telegram.accounts.*', ofTelegram),
  ['channels.telegram', unknown],
  ['channels.defaults', 'taken'],
  ['channels.modelByChannel', inModels],
  ['channels', { refused: 'needs a plugin that is not in the package of OpenClaw' }],
  ...all('taken', [
    ...['accessGroups', 'attachments', 'bindings', 'broadcast', 'messages', 'session', 'ui'],
    ...['commands.text', 'commands.native', 'commands.nativeSkills'],
    ...['commands.ownerAllowFrom', 'commands.allowFrom'],
    ...['cron.enabled', 'cron.skipMissedJobs', 'cron.sessionRetention', 'memory.citations'],
    ...['skills.allowBundled', 'skills.limits', 'skills.entries.*.enabled'],
    ...['tools.profile', 'tools.allow', 'tools.alsoAllow', 'tools.deny', 'tools.byProvider'],
    ...['tools.toolsBySender', 'tools.loopDetection', 'tools.sessions', 'tools.agentToAgent'],
    'tools.message',
  ]),
  ...all(unknown, ['agents', 'agents.defaults', 'agents.entries.*']),
  ['session.store', placed],
  ...all(sandboxed, ['tools.exec', 'tools.sandbox']),
  ['tools.elevated', { refused: 'would run commands outside of the sandbox' }],
  ['tools.web', { refused: 'dials the web; the only way out is declared hosts, over egress' }],
  ['gateway', { refused: 'is made from `ingress` in clincher.yaml' }],
  ...all({ refused: 'is made from `providers` and `models` in clincher.yaml' }, ['auth', 'models']),
  ...all({ refused: 'holds secrets; where one is taken it is a reference' }, ['env', 'secrets']),
  ...all({ refused: 'runs code beside the secrets of the agent' }, [
    ...['acp', 'hooks', 'mcp', 'nodeHost', 'plugins', 'surfaces'],
  ]),
  ...all(pastLlm, ['memory', 'talk', 'transcripts', 'tts']),
  ...all({ refused: 'reaches for other machines' }, [
    ...['browser', 'cloudWorkers', 'desktop', 'discovery', 'proxy'],
  ]),
  ...all({ refused: 'is set by the stack' }, [
    ...['approvals', 'commands', 'cron', 'diagnostics', 'logging', 'security', 'skills'],
    ...['telemetry', 'tools', 'update', 'worktreeAcceleration', 'worktreeRoot'],
  ]),
  ...all({ refused: 'is a note of OpenClaw to itself' }, ['meta', 'wizard', '$schema']),
]);

export function rulingOf(path: readonly string[]): Ruling {
  for (let length = path.length; length > 0; length--) {
    const ruling = ruleAt(path.slice(0, length));
    if (ruling !== undefined) return ruling;
  }
  return unknown;
}

/** Whether keys below it are ruled on by themselves: then a map there is looked into. */
export function hasRulesBelow(path: readonly string[]): boolean {
  return [...rules.keys()].some((key) => {
    const parts = key.split('.');
    return parts.length > path.length && fits(parts.slice(0, path.length), path);
  });
}

function ruleAt(path: readonly string[]): Ruling | undefined {
  for (const [key, ruling] of rules) {
    const parts = key.split('.');
    if (parts.length === path.length && fits(parts, path)) return ruling;
  }
  return undefined;
}

function fits(pattern: readonly string[], path: readonly string[]): boolean {
  return pattern.every((part, index) => part === '*' || part === path[index]);
}

function below(path: string, keys: ReadonlyMap<string, Ruling>): [string, Ruling][] {
  return [...keys].map(([key, ruling]) => [`${path}.${key}`, ruling]);
}

function all(ruling: Ruling, paths: readonly string[]): [string, Ruling][] {
  return paths.map((path) => [path, ruling]);
}
