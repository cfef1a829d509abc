// Changes of egress rules that are there, and of the list of addresses, in the text of a
// configuration: as little of the text as can be, the rest as its author left it.

import { isMap, isSeq, parseDocument } from 'yaml';
import {
  chosen,
  columnOf,
  flowText,
  lineEndAfter,
  type NewRule,
  type Range,
  type RuleTerms,
  termTexts,
} from './edit-config.ts';

export interface TermsChange {
  /** The rule's place in `egress.rules`. */
  readonly index: number;
  /** The one host and port that it is for, where the rule has more; null to change the rule. */
  readonly only: Pick<NewRule, 'hosts' | 'ports'> | null;
  readonly terms: RuleTerms;
}

const rulesPath = ['egress', 'rules'];

/** `text` must be a configuration that loads. */
export function changeTerms(text: string, { index, only, terms }: TermsChange): string {
  const document = parseDocument(text);
  const path = [...rulesPath, index];
  const rule = document.getIn(path, true);
  if (!isMap(rule) || rule.range == null) return text;
  const before: NewRule = rule.toJS(document);
  const serverNames = [...(before.serverNames ?? []), ...(terms.serverNames ?? [])];
  const all = { ...terms, ...(terms.serverNames === undefined ? {} : { serverNames }) };
  if (only !== null) {
    const narrow = { ...before, ...only, ...all };
    const list = document.getIn(rulesPath, true);
    if (!isSeq(list)) return text;
    list.items.splice(index, 0, document.createNode(withPlainPorts(narrow)));
    return chosen(
      isPlain(narrow) ? ahead(text, rule.range, list.flow === true, narrow) : null,
      document,
    );
  }
  const names = rule.get('serverNames', true);
  const isNew = Object.keys(all).every((key) => !rule.has(key));
  const spliced = isNew
    ? intoRule(text, rule.range, rule.flow === true, all)
    : intoNames(text, names, terms);
  for (const [key, value] of Object.entries(all)) {
    document.setIn([...path, key], document.createNode(value));
  }
  return chosen(spliced, document);
}

/** Where only names are added to a list on one line. */
function intoNames(text: string, list: unknown, { serverNames, ech }: RuleTerms): string | null {
  if (!isSeq(list) || list.flow !== true || list.range == null) return null;
  if (serverNames === undefined || ech !== undefined) return null;
  const [added = ''] = termTexts({ serverNames });
  return intoList(text, list.range, added.replace(/^serverNames: \[|\]$/g, ''));
}

function intoList(text: string, [, end]: Range, added: string): string {
  const open = text.slice(0, end - 1).trimEnd();
  const comma = open.endsWith('[') ? '' : open.endsWith(',') ? ' ' : ', ';
  return open + comma + added + text.slice(open.length);
}

/** Appends to `egress.unsafeAllowAddresses`. */
export function allowAddresses(text: string, addresses: readonly string[]): string {
  if (addresses.length === 0) return text;
  const document = parseDocument(text);
  const key = 'unsafeAllowAddresses';
  const path = ['egress', key];
  const egress = document.get('egress', true);
  const list = document.getIn(path, true);
  const shown = addresses.map((address) => JSON.stringify(address)).join(', ');
  if (!isMap(egress)) document.set('egress', document.createNode({}));
  if (isSeq(list)) for (const address of addresses) document.addIn(path, address);
  else document.setIn(path, document.createNode(addresses));
  return chosen(spliceAddresses(text, egress, list, shown, key), document);
}

function spliceAddresses(text: string, egress: unknown, list: unknown, shown: string, key: string) {
  if (egress === undefined) {
    return `${text}${text.endsWith('\n') ? '\n' : '\n\n'}egress:\n  ${key}: [${shown}]\n`;
  }
  if (!isMap(egress) || egress.range == null) return null;
  if (isSeq(list) && list.range != null) {
    const [start, end] = list.range;
    if (list.flow === true) return intoList(text, list.range, shown);
    const at = lineEndAfter(text, end);
    return `${text.slice(0, at)}\n${' '.repeat(columnOf(text, start))}- ${shown}${text.slice(at)}`;
  }
  if (list !== undefined || egress.flow === true) return null;
  const [start, end] = egress.range;
  const at = lineEndAfter(text, end);
  const indent = ' '.repeat(columnOf(text, start));
  return `${text.slice(0, at)}\n${indent}${key}: [${shown}]${text.slice(at)}`;
}

/** A rule on one line is written from what it is known to have, and this is all of that. */
function isPlain(rule: object): boolean {
  return Object.keys(rule).every((key) =>
    ['caller', 'hosts', 'ports', 'serverNames', 'ech'].includes(key),
  );
}

function withPlainPorts({ ports, ...rest }: NewRule): object {
  return ports.length === 1 && ports[0] === 443 ? rest : { ...rest, ports };
}

/** The first rule that has a host decides, so the narrow one stands before the wide one. */
function ahead(text: string, [start]: Range, isFlow: boolean, rule: NewRule): string | null {
  if (isFlow) return `${text.slice(0, start)}${flowText(rule)}, ${text.slice(start)}`;
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const lead = text.slice(lineStart, start);
  if (!/^ *- +$/.test(lead)) return null;
  return `${text.slice(0, lineStart)}${lead}${flowText(rule)}\n${text.slice(lineStart)}`;
}

function intoRule(text: string, [start, end]: Range, isFlow: boolean, terms: RuleTerms): string {
  if (isFlow) {
    const open = text.slice(0, end - 1).trimEnd();
    const comma = open.endsWith(',') ? ' ' : ', ';
    return open + comma + termTexts(terms).join(', ') + text.slice(open.length);
  }
  const at = lineEndAfter(text, end);
  const indent = ' '.repeat(columnOf(text, start));
  return (
    text.slice(0, at) +
    termTexts(terms)
      .map((one) => `\n${indent}${one}`)
      .join('') +
    text.slice(at)
  );
}
