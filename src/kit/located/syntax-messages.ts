// Our words for the YAML parser's errors. Its own texts quote the file, and so could show a secret.

import type { ErrorCode } from 'yaml';

export const syntaxMessages: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'aliases are not accepted; write the value out',
  BAD_ALIAS: 'aliases are not accepted; write the value out',
  BAD_COLLECTION_TYPE: 'tags (!...) are not accepted',
  BAD_DIRECTIVE: 'this % directive is not accepted',
  BAD_DQ_ESCAPE: 'not an escape that double quotes know; use single quotes',
  BAD_INDENT: 'indented wrongly, or a bracket is not closed',
  BAD_PROP_ORDER: 'anchors and tags are not accepted',
  BAD_SCALAR_START: 'a value cannot start with this character; put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a key and its value on a line that already has them; start a new line',
  BLOCK_IN_FLOW: 'indented lists and maps cannot stand inside brackets',
  DUPLICATE_KEY: 'this key is here twice',
  IMPOSSIBLE: 'not YAML',
  KEY_OVER_1024_CHARS: 'a key longer than 1024 characters',
  MISSING_CHAR: 'a quote, colon, comma or bracket is missing',
  MULTILINE_IMPLICIT_KEY: 'a key must be on one line; is a colon or a quote missing before?',
  MULTIPLE_ANCHORS: 'anchors are not accepted',
  MULTIPLE_DOCS: 'a second document (---) is not accepted',
  MULTIPLE_TAGS: 'tags (!...) are not accepted',
  NON_STRING_KEY: 'a key must be plain text',
  RESOURCE_EXHAUSTION: 'nested too deeply',
  TAB_AS_INDENT: 'a tab used to indent; use spaces',
  TAG_RESOLVE_FAILED: 'tags (!...) are not accepted',
  UNEXPECTED_TOKEN: 'something that YAML does not expect here',
};
