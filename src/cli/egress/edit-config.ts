// Adds egress rules to the text of a configuration and leaves every other byte of it alone:
// comments, quotes and line breaks are its author's. Where the text has no plain place for them,
// the YAML library writes the file anew, comments kept.

import { isDeepStrictEqual } from 'node:util';
import { type Document, isMap, isSeq, parse, parseDocument } from 'yaml';
import { assert } from '../../kit/assert.ts';

export interface NewRule extends RuleTerms {
  readonly caller: string;
  readonly hosts: readonly string[];
  readonly ports: readonly number[];
}

/** What a rule says of TLS beyond its hosts. */
export interface RuleTerms {
  readonly serverNames?: readonly string[];
  readonly ech?: 'allow';
}

/** `text` must be a configuration that loads. */
export function addEgressRules(text: string, rules: readonly NewRule[]): string {
  const document = parseDocument(text);
  const spliced = splice(text, document, rules);
  for (const rule of rules) addTo(document, rule);
  return chosen(spliced, document);
}

/** The library's edit is the meaning; the splice is used only when it comes to the same. */
export function chosen(spliced: string | null, document: Document): string {
  if (spliced !== null && meansTheSame(spliced, document)) return spliced;
  const written = document.toString({ lineWidth: 0 });
  assert(meansTheSame(written, document), 'a written document reads as it was');
  return written;
}

function addTo(document: Document, { ports, ...rest }: NewRule): void {
  const rule = isDefault(ports) ? rest : { ...rest, ports };
  if (!isMap(document.get('egress', true))) document.set('egress', document.createNode({}));
  if (isSeq(document.getIn(['egress', 'rules'], true))) {
    document.addIn(['egress', 'rules'], document.createNode(rule));
  } else {
    document.setIn(['egress', 'rules'], document.createNode([rule]));
  }
}

function meansTheSame(text: string, document: Document): boolean {
  try {
    return isDeepStrictEqual(parse(text), document.toJS());
  } catch {
    return false;
  }
}

/** Null where there is no plain place. */
function splice(text: string, document: Document, rules: readonly NewRule[]): string | null {
  const egress = document.get('egress', true);
  if (egress === undefined) {
    const gap = text.endsWith('\n') ? '\n' : '\n\n';
    return `${text}${gap}egress:\n  rules:\n${rules.map((rule) => `${itemText(rule, 4)}\n`).join('')}`;
  }
  if (!isMap(egress) || egress.range == null) return null;
  const list = egress.get('rules', true);
  if (isSeq(list) && list.range != null) {
    const isFlow = list.flow === true;
    return isFlow ? intoFlow(text, list.range, rules) : afterLast(text, list.range, rules);
  }
  if (list !== undefined) return null;
  return egress.flow === true
    ? intoFlowMap(text, egress.range, rules)
    : afterPairs(text, egress.range, rules);
}

export type Range = readonly [start: number, valueEnd: number, nodeEnd: number];

function afterLast(text: string, [start, valueEnd]: Range, rules: readonly NewRule[]): string {
  const indent = columnOf(text, start);
  const at = lineEndAfter(text, valueEnd);
  const items = rules.map((rule) => `\n${itemText(rule, indent)}`).join('');
  return text.slice(0, at) + items + text.slice(at);
}

function afterPairs(text: string, [start, valueEnd]: Range, rules: readonly NewRule[]): string {
  const indent = columnOf(text, start);
  const at = lineEndAfter(text, valueEnd);
  const items = rules.map((rule) => `\n${itemText(rule, indent + 2)}`).join('');
  return `${text.slice(0, at)}\n${' '.repeat(indent)}rules:${items}${text.slice(at)}`;
}

/** Past a comment that stands behind the last item. */
export function lineEndAfter(text: string, valueEnd: number): number {
  const lineEnd = text.indexOf('\n', text.slice(0, valueEnd).trimEnd().length);
  return lineEnd === -1 ? text.length : lineEnd;
}

function intoFlowMap(text: string, [start]: Range, rules: readonly NewRule[]): string {
  const rest = text.slice(start + 1);
  const comma = rest.trimStart().startsWith('}') ? ' ' : ',';
  return `${text.slice(0, start + 1)} rules: [${rules.map(flowText).join(', ')}]${comma}${rest}`;
}

function intoFlow(text: string, [, valueEnd]: Range, rules: readonly NewRule[]): string {
  const close = valueEnd - 1;
  const before = text.slice(0, close).trimEnd();
  const comma = before.endsWith('[') ? '' : before.endsWith(',') ? ' ' : ', ';
  return before + comma + rules.map(flowText).join(', ') + text.slice(before.length);
}

export function columnOf(text: string, at: number): number {
  return at - (text.lastIndexOf('\n', at - 1) + 1);
}

const columnsMax = 100;

function itemText(rule: NewRule, indent: number): string {
  const pad = ' '.repeat(indent);
  const flow = `${pad}- ${flowText(rule)}`;
  if (flow.length <= columnsMax) return flow;
  const { caller, hosts, ports, ...terms } = rule;
  const lines = [`- caller: ${scalar(caller)}`, '  hosts:'];
  lines.push(...hosts.map((host) => `    - ${scalar(host)}`));
  if (!isDefault(ports)) lines.push(`  ports: [${ports.join(', ')}]`);
  lines.push(...termTexts(terms).map((text) => `  ${text}`));
  return lines.map((line) => pad + line).join('\n');
}

export function flowText({ caller, hosts, ports, ...terms }: NewRule): string {
  const portsText = isDefault(ports) ? [] : [`ports: [${ports.join(', ')}]`];
  const hostsText = `hosts: [${hosts.map(scalar).join(', ')}]`;
  const all = [`caller: ${scalar(caller)}`, hostsText, ...portsText, ...termTexts(terms)];
  return `{ ${all.join(', ')} }`;
}

export function termTexts({ serverNames, ech }: RuleTerms): readonly string[] {
  const names =
    serverNames === undefined ? [] : [`serverNames: [${serverNames.map(scalar).join(', ')}]`];
  return ech === undefined ? names : [...names, `ech: ${ech}`];
}

function isDefault(ports: readonly number[]): boolean {
  return ports.length === 1 && ports[0] === 443;
}

/** Plain where nothing else can be read into it: `null` and `1e3` are host names too. */
function scalar(text: string): string {
  const isPlain = /^[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)*$/.test(text);
  return isPlain && !yamlWords.includes(text) ? text : JSON.stringify(text);
}

/** Of YAML 1.1 too, for whoever else reads the file. */
const yamlWords = ['null', 'true', 'false', 'yes', 'no', 'on', 'off', 'y', 'n'];
