// Two texts as a unified diff of one hunk, from the first line that differs to the last, as `patch`
// and `git apply` read it.

const contextLines = 3;

/** Empty when nothing differs. Both texts are cut at `\n`; `name` is the file in both. */
export function unifiedDiff(name: string, before: string, after: string): string {
  if (before === after) return '';
  const [old, fresh] = [linesOf(before), linesOf(after)];
  const least = Math.min(old.length, fresh.length);
  let head = 0;
  while (head < least && old[head] === fresh[head]) head += 1;
  let tail = 0;
  while (tail < least - head && old.at(-1 - tail) === fresh.at(-1 - tail)) tail += 1;
  const from = Math.max(0, head - contextLines);
  const after3 = Math.min(tail, contextLines);
  const [oldEnd, freshEnd] = [old.length - tail, fresh.length - tail];
  return [
    `--- ${name}`,
    `+++ ${name}`,
    `@@ -${range(from, oldEnd + after3)} +${range(from, freshEnd + after3)} @@`,
    ...old.slice(from, head).map((line) => ` ${line}`),
    ...old.slice(head, oldEnd).map((line) => `-${line}`),
    ...fresh.slice(head, freshEnd).map((line) => `+${line}`),
    ...old.slice(oldEnd, oldEnd + after3).map((line) => ` ${line}`),
    '',
  ].join('\n');
}

/** A last line without a newline says so, in the words that `patch` knows. */
function linesOf(text: string): readonly string[] {
  if (text === '') return [];
  const lines = text.split('\n');
  const last = lines.pop() ?? '';
  return last === '' ? lines : [...lines, `${last}\n\\ No newline at end of file`];
}

/** `start,count`, 1-based; an empty range starts at the line before it. */
function range(from: number, end: number): string {
  return `${end === from ? from : from + 1},${end - from}`;
}
