// The words that the guard knows: which turn a sentence round, which stand for numbers and dates,
// which carry no meaning of their own. English; a text in another language keeps its numbers, names
// and code, and the rest is left to what is learned.

const list = (text: string) => new Set(text.split(' '));

export const negations = list(
  "not no non never none nobody nothing neither nor without cannot can't won't don't isn't hardly except",
);

/** How much or how often: what holds for all does not hold for some. */
export const quantifiers = list(
  'all every each only both half always sometimes often ever again once twice few several another ' +
    'next last previous ago against almost nearly barely exactly avoid stop quit ' +
    'prevent refuse unable lack anti ex former fake past future',
);

/** What is asked for; `what` and `which` may stand for each of them. */
export const asksFor: ReadonlyMap<string, string> = new Map(
  'who:who whom:who whose:who when:when where:where why:why how:how'
    .split(' ')
    .map((pair) => pair.split(':') as [string, string]),
);

/** Whether something is so: `is it`, and not `when is it`. */
export const asksWhether = list('is are am was were do does did has have had must should may');

/** The first word of a question of what one must, ought to or may. */
export const modals: ReadonlyMap<string, string> = new Map(
  'must:must should:should can:may could:may may:may might:may'
    .split(' ')
    .map((pair) => pair.split(':') as [string, string]),
);

/** What turns a verb round: to log in and to log out. */
export const particles = list('out up over');
/** With these one only asks. */
export const beforeParticles = list('find figure look work check point roll');

/** By the verb that says it. */
export const timesOf: ReadonlyMap<string, readonly { verb: string; time: string }[]> = new Map(
  (
    'is:be-now are:be-now am:be-now was:be-past were:be-past do:do-now does:do-now did:do-past ' +
    'has:have-now have:have-now had:have-past will:be-future,do-future'
  )
    .split(' ')
    .map((entry) => {
      const [word = '', times = ''] = entry.split(':');
      const read = times.split(',').map((one) => {
        const [verb = '', time = ''] = one.split('-');
        return { verb, time };
      });
      return [word, read] as const;
    }),
);

/** What says which part each has, of two things. */
export const relations = list('to into from with by than between as at in on for via');

/** What stands behind a letter that is a name, and behind no article. */
export const afterLetters = list('to from and or with by into of is in on for than');

export const articles = list('a an the this that these those');

/** Left out of comparison: they differ between ways to ask the same. */
export const functionWords = list(
  'i you he she it we they me my your his her its our their mine am is are was were be been being do ' +
    'does did done have has had having can could shall should will would may might must to of in on ' +
    'at by for with about into from as than then so and or but if whether how what which who whom ' +
    'whose when where why there here tell give show say know please want need like get got let ' +
    'just some any also too very really me us them much many way ways help explain describe ' +
    'find list name up out over again ok okay could possible ask question answer',
);

export const numberWords: ReadonlyMap<string, string> = new Map(
  (
    'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen ' +
    'fifteen sixteen seventeen eighteen nineteen twenty'
  )
    .split(' ')
    .map((word, value) => [word, String(value)]),
);

const months = list(
  'january february march april may june july august september october november december jan feb ' +
    'mar apr jun jul aug sep sept oct nov dec',
);
const days = list(
  'monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thurs fri sat sun ' +
    'today tomorrow yesterday tonight weekend morning afternoon evening midnight noon',
);

/** The plain form of a month, a day or a time of day; null for any other word. */
export function monthOf(low: string, found: string): string | null {
  // `may` and `mar` are words too: a month begins large.
  if (months.has(low) && /^\p{Lu}/u.test(found)) return low.slice(0, 3);
  if (!days.has(low)) return null;
  return /^(mon|tue|wed|thu|fri|sat|sun)/.test(low) ? low.slice(0, 3) : low;
}

/** Pairs that turn a question round. Each word knows its pair and its side. */
const pairs = (
  'more:less most:least increase:decrease raise:lower higher:lower highest:lowest up:down ' +
  'on:off enable:disable activate:deactivate open:close install:uninstall add:remove ' +
  'start:stop begin:end first:last before:after above:below over:under maximum:minimum max:min ' +
  'largest:smallest biggest:tiniest big:small large:small long:short longest:shortest fast:slow ' +
  'fastest:slowest cheap:expensive cheapest:dearest buy:sell import:export push:pull encrypt:decrypt ' +
  'encode:decode compress:decompress allow:deny accept:reject include:exclude show:hide lock:unlock ' +
  'mute:unmute connect:disconnect login:logout upload:download upgrade:downgrade read:write ' +
  'create:delete save:discard win:lose winner:loser safe:dangerous legal:illegal possible:impossible ' +
  'true:false yes:no public:private internal:external left:right north:south east:west hot:cold ' +
  'early:late earlier:later ascending:descending true:false parent:child host:guest client:server ' +
  'he:she his:her my:your our:their they:we us:them deploy:revert release:revert cause:treatment symptom:treatment ' +
  'oldest:newest older:newer ' +
  'and:or here:there now:then'
).split(' ');

const sides = new Map<string, { pair: string; side: string }>();
for (const pair of pairs) {
  const [one = '', other = ''] = pair.split(':');
  if (!sides.has(one)) sides.set(one, { pair, side: one });
  if (!sides.has(other)) sides.set(other, { pair, side: other });
}

const forms = new Map([
  ['him', 'his'],
  ['hers', 'her'],
  ['yours', 'your'],
  ['mine', 'my'],
]);

export function antonymOf(word: string): { readonly pair: string; readonly side: string } | null {
  return sides.get(forms.get(word) ?? word) ?? null;
}

/** Ways to say one word, each group under its first; everything else under its stem. */
const groups = [
  'forecast weather',
  'price cost priced costs pay',
  'summary summarize summarise',
  'translate translation translated',
  'convert turn express',
  'distance far',
  'population inhabitants residents people',
  'capital',
  'author wrote writer written',
  'symptom symptoms signs',
  'treatment treat treated therapy therapies cure',
  'install installing installed',
  'remove uninstall removes uninstalling delete',
  'reset forgot',
  'schedule arrange calendar',
  'remind reminder',
  'lifespan expectancy live lives lifetime',
  'meaning mean means stand stands',
  'difference different differ compare versus vs',
  'define definition meant',
  'email mail message',
  'compose draft write create make',
  'regex regular expression',
  'rename renamed',
  'largest biggest',
  'smallest tiniest',
  'calculate compute work',
  'percent percentage',
  'latest newest current',
  'package shipment parcel',
];
const plainOf = new Map<string, string>();
for (const group of groups) {
  const words = group.split(' ');
  for (const word of words) plainOf.set(word, words[0] ?? word);
}

export function sameWord(word: string): string {
  const stem = stemOf(word);
  return plainOf.get(word) ?? plainOf.get(stem) ?? stem;
}

/** All that are in one of the lists: any other word is only itself. */
export const listedWords: ReadonlySet<string> = new Set([
  ...[...negations, ...quantifiers, ...articles, ...functionWords, ...months, ...days],
  ...[...asksFor.keys(), ...numberWords.keys(), ...sides.keys(), ...forms.keys()],
]);

/** The commonest endings alone: a stem need not be a word, only the same for its forms. */
function stemOf(word: string): string {
  if (word.length > 5 && word.endsWith('ing')) return word.slice(0, -3);
  if (word.length > 4 && word.endsWith('ied')) return `${word.slice(0, -3)}y`;
  if (word.length > 4 && word.endsWith('ed')) return word.slice(0, -2);
  if (word.length > 4 && word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  if (word.length > 3 && word.endsWith('s') && !/(ss|us|is)$/.test(word)) return word.slice(0, -1);
  return word;
}
