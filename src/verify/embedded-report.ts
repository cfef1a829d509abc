// The signed report inside a form that is made from it: the same report always gives the same
// bytes, so that a form can be checked to its last byte.

import { Markup } from '../kit/markup.ts';
import { canonicalJson } from '../topology/hash.ts';
import { invalid, readReport, type SignedReport } from './report-schema.ts';

/** Markup reads no entity there, and a sign of its own could end it: JSON has another way. */
export function embedded(report: SignedReport): Markup {
  const written = (sign: string) => `\\u00${sign.charCodeAt(0).toString(16)}`;
  return new Markup(canonicalJson(report).replaceAll(/[<>&]/g, written));
}

/** @throws ClincherError `report-invalid` where there is none */
export function reportBetween(
  opening: string,
  closing: string,
  text: string,
  name: string,
): SignedReport {
  const start = text.indexOf(opening);
  const end = text.indexOf(closing, start);
  if (start === -1 || end === -1) throw invalid(name, 'there is no report in it');
  return readReport(text.slice(start + opening.length, end), name);
}
