// The form of the table of the Docker Engine API's calls.

import type { AnswerKind, BodyKind, Call } from './model.ts';

/** b: a truth value; i: a whole number; f: filters, JSON; t: text. */
export type ParameterKind = 'b' | 'i' | 'f' | 't';

export interface Operation {
  readonly name: string;
  readonly method: Call['method'];
  /** One part may be in braces: `{container}`, `{exec}`, `{image}` of several parts, `{object}`. */
  readonly path: readonly string[];
  readonly query: ReadonlyMap<string, ParameterKind>;
  readonly body: Exclude<BodyKind, 'fields'>;
  readonly answer: AnswerKind;
  readonly slow: boolean;
}

/** `GET /containers/json all:b limit:i`, then the body, the answer, and whether it takes long. */
export type OperationRow = readonly [
  name: string,
  line: string,
  body: Operation['body'],
  answer: AnswerKind,
  slow?: 'slow',
];

/** What lets a call pass, and how far. */
export interface Grant {
  readonly rule: string;
  readonly scoped: boolean;
  readonly body: Call['body'];
  readonly answer: Call['answer'];
  /** Names of the query that a rule allows; null for all that the call has. */
  readonly queryNames: readonly string[] | null;
}

export interface JudgedQuery {
  readonly kind: 'query';
  readonly query: readonly (readonly [name: string, value: string])[];
}

export interface QueryFault {
  readonly kind: 'fault';
  readonly reason: 'docker-query-unclear' | 'docker-field-refused' | 'docker-name-refused';
  readonly field: string;
  readonly says: string;
}
