// Recognises a secret written into the file itself. The file is for references; it gets committed,
// mailed and pasted into chats, so a literal that looks like a key is refused, and never shown.

/** Forms that issuers document, so that a leaked key can be found; any match is a secret. */
const knownForms: readonly RegExp[] = [
  /\bsk-[A-Za-z0-9_-]{8,}/, // OpenAI, LiteLLM
  /sk-(?:ant|or|proj|svcacct|admin)-[A-Za-z0-9_-]{6,}/, // Anthropic, OpenRouter, OpenAI
  /\b(?:gsk|xai|hf|pplx|r8|nvapi|fw|tgp)[-_][A-Za-z0-9_-]{16,}/, // other model providers
  /\bAIza[A-Za-z0-9_-]{20,}/, // Google
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/, // AWS access key ids
  /\bgh[pousr]_[A-Za-z0-9]{20,}/, // GitHub
  /\bgithub_pat_[A-Za-z0-9_]{20,}/,
  /\bglpat-[A-Za-z0-9_-]{16,}/, // GitLab
  /\bxox[abeprs]-[A-Za-z0-9-]{10,}/, // Slack
  /\b[0-9]{8,10}:[A-Za-z0-9_-]{32,}/, // Telegram bots
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/, // a JSON web token
  /-----BEGIN [A-Z ]*PRIVATE KEY/,
  /:\/\/[^/\s:@]+:[^/\s@]{3,}@/, // a URL with a password in it
];

/** Whether a text has a key in it of a form that its issuer documents. */
export function holdsKnownKey(text: string): boolean {
  return knownForms.some((form) => form.test(text));
}

/**
 * True also for what merely looks random; a false alarm costs one line, a leaked key costs more.
 */
export function looksLikeSecret(text: string): boolean {
  if (holdsKnownKey(text)) return true;
  // An image's digest is public by nature.
  const withoutDigests = text.replace(/\bsha256:[0-9a-f]{64}\b/g, '');
  return (withoutDigests.match(/[A-Za-z0-9]{24,}/g) ?? []).some(looksRandom);
}

/** A run of letters and digits that no person would choose as a name. */
function looksRandom(run: string): boolean {
  if (!/[0-9]/.test(run) || !/[A-Za-z]/.test(run)) return false;
  const isHex = /^(?:[0-9a-f]+|[0-9A-F]+)$/.test(run);
  const isMixed = /[a-z]/.test(run) && /[A-Z]/.test(run);
  if (!isMixed && !(isHex && run.length >= 32)) return false;
  return entropyBits(run) >= (isHex ? 2.8 : 3.4);
}

/** Shannon entropy of the characters' frequencies, in bits a character. */
function entropyBits(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) {
    const share = count / text.length;
    bits -= share * Math.log2(share);
  }
  return bits;
}
