// HTML and SVG as text in which nothing that others wrote can become markup: what is put into a
// template is escaped, unless it came out of one.

export class Markup {
  readonly text: string;

  /** Only for text that is markup by itself, such as a style sheet of ours. */
  constructor(text: string) {
    this.text = text;
  }
}

export type Piece = string | number | null | Markup | readonly Piece[];

/** `markup\`<td>${name}</td>\``: pieces are text, or markup, or a list of them; null is nothing. */
export function markup(fixed: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  const parts = fixed.map((text, index) => `${text}${asText(pieces[index] ?? null)}`);
  return new Markup(parts.join(''));
}

function asText(piece: Piece): string {
  if (piece === null) return '';
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === 'object') return piece.map(asText).join('');
  return escapeMarkup(String(piece));
}

const entities: Readonly<Record<string, string>> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' },
};
/** What XML 1.0 has no way to say at all. */
const unsayable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;

/** For text and for quoted attributes, in HTML and XML. */
export function escapeMarkup(text: string): string {
  return text.replace(unsayable, '\ufffd').replace(/[&<>"']/g, (char) => entities[char] ?? char);
}
