// The environment variables that a caller sets: the names that the template gives, without those
// that make a program run other code than it was started for.

import { BodyFault, textsOf } from './body-field.ts';
import type { Template } from './model.ts';
import { matchesAny } from './pattern.ts';
import type { Json } from './strict-json.ts';

export function readEnv(value: Json, template: Template): readonly string[] | undefined {
  const entries = textsOf(value, 'Env');
  const seen = new Set<string>();
  for (const entry of entries) {
    const equals = entry.indexOf('=');
    const name = equals === -1 ? entry : entry.slice(0, equals);
    const shown = name.slice(0, 64);
    if (!/^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/.test(name)) {
      throw refused(`"${shown}" is not the name of a variable.`);
    }
    if (seen.has(name)) throw refused(`"${shown}" is given twice.`);
    seen.add(name);
    if (matchesAny(loaders, name) && !template.env.includes(name)) {
      throw refused(`"${shown}" makes programs run code that they were not started for.`);
    }
    if (!matchesAny(template.env, name)) {
      throw refused(`"${shown}" is not one that the template lets callers set.`);
    }
  }
  return entries.length === 0 ? undefined : entries;
}

/** Read by the loader, the shells and the interpreters before the program itself. */
const loaders = [
  'LD_*',
  'DYLD_*',
  'GLIBC_TUNABLES',
  'GCONV_PATH',
  'BASH_ENV',
  'BASH_FUNC_*',
  'ENV',
  'SHELLOPTS',
  'BASHOPTS',
  'PROMPT_COMMAND',
  'PYTHONSTARTUP',
  'PYTHONHOME',
  'PYTHONINSPECT',
  'PERL5OPT',
  'PERL5DB',
  'RUBYOPT',
  'NODE_OPTIONS',
  'JAVA_TOOL_OPTIONS',
  '_JAVA_OPTIONS',
  'JDK_JAVA_OPTIONS',
  'DOTNET_STARTUP_HOOKS',
];

const refused = (says: string) => new BodyFault('docker-env-refused', 'Env', says);
