// Brings a plan to the far side: each thing beside its place, renamed when it is whole. A
// connection that is cut leaves what was there, and something unfinished that the next one
// throws away.

import { layerBytes } from '../images/layer.ts';
import { ClincherError } from '../kit/error.ts';
import type { Cargo, CargoFile } from './cargo.ts';
import type { Facts } from './look.ts';
import type { DeployPlan, NewRelease } from './plan.ts';
import type { FarSide } from './ssh.ts';

type Step = (text: string) => void;

/** @throws ClincherError `ssh-failed`, `deploy-failed` */
export async function carry(
  far: FarSide,
  { dir, current }: Facts,
  cargo: Cargo,
  plan: DeployPlan,
  step: Step,
): Promise<void> {
  const must = async (
    what: string,
    script: string,
    args: readonly string[],
    input?: AsyncIterable<Buffer>,
  ) => {
    step(what);
    const { code, tail } = await far.ask(`set -eu\numask 077\n${script}`, [dir, ...args], input);
    if (code === 0) return;
    throw new ClincherError('deploy-failed', `${far.name}: ${what} ended with ${code}: ${tail}`, {
      fix: 'What runs there was not touched; mend what it says, then run the same command again.',
    });
  };
  const { node, program, state, release, images } = plan;
  if (node !== null) await must('sending Node.js', nodeScript, [], node.open());
  if (program !== null) {
    await must('sending the program', programScript, [program.digest], program.open());
  }
  if (images.length > 0) {
    const references = images.map(({ reference }) => reference);
    const ids = images.flatMap(({ reference, ids }) => [reference, ids.join()]);
    await must('sending images', imagesScript, ids, cargo.openImages(references));
  }
  if (state.length > 0) await must('sending secrets', stateScript, [], tarOf(state));
  if (release !== null) await sendRelease(must, release);
  await switchTo(far, dir, cargo, release?.name ?? current?.release ?? '', step);
}

type Must = (
  what: string,
  script: string,
  args: readonly string[],
  input?: AsyncIterable<Buffer>,
) => Promise<void>;

const nodeScript = `
mkdir -p "$1/cache/node/bin" && cd "$1/cache/node/bin"
gzip -dc > node.new
chmod 755 node.new
./node.new --version >/dev/null
mv node.new node
`;

/** Named by what it is of: what is there under its name is whole. */
const programScript = `
mkdir -p "$1/programs" "$1/cache" && cd "$1/programs"
rm -rf .new-*
mkdir .new-$$
gzip -dc > .new-$$/archive
echo "$2  .new-$$/archive" | sha256sum -c --status || { echo 'the archive did not arrive whole' >&2; exit 1; }
mkdir .new-$$/program
tar -xf .new-$$/archive -C .new-$$/program
ln -s ../../cache .new-$$/program/.cache
mv -T .new-$$/program "$2"
rm -rf .new-$$
`;

/** Docker works the digests out by itself; what it has then is held against what was sent. */
const imagesScript = `
shift
docker load --quiet >&2
while [ $# -gt 0 ]; do
  id=$(docker image inspect --format '{{.Id}}' "$1") || exit 1
  case "$2" in *"$id"*) ;; *) echo "$1 is not the image that was sent" >&2; exit 1 ;; esac
  shift 2
done
`;

/** Each file beside its place and renamed: a cut leaves the old value, not half of one. */
const stateScript = `
mkdir -p "$1/state" && cd "$1/state"
rm -rf .new-*
mkdir .new-$$
tar -xf - -C .new-$$
(cd .new-$$ && find . -type f) | while read -r path; do
  mkdir -p "$(dirname "$path")"
  mv ".new-$$/$path" "$path"
done
rm -rf .new-$$
`;

/** The files that stay as they were are copied there; the rest is sent. */
const releaseScript = `
mkdir -p "$1/releases" && cd "$1/releases"
name=$2 program=$3
shift 3
rm -rf .new-*
mkdir .new-$$
[ ! -e ../current ] || cp -a ../current/. .new-$$
for path in "$@"; do rm -f ".new-$$/$path"; done
tar -xf - -C .new-$$
ln -sfn "../../programs/$program" .new-$$/program
mv -T .new-$$ "$name"
`;

async function sendRelease(must: Must, release: NewRelease): Promise<void> {
  const { name, program, sent, removed } = release;
  await must(`sending release ${name}`, releaseScript, [name, program, ...removed], tarOf(sent));
}

function tarOf(files: readonly CargoFile[]): AsyncIterable<Buffer> {
  return layerBytes(
    files.map(({ path, content }) => ({ path: `/${path}`, kind: 'file', mode: 0o600, content })),
  );
}

/**
 * Run by the program that was sent, deaf to the end of our connection: it comes to an end of its
 * own, at the new release or back at the old one.
 */
const switchScript = `
cd "$1"
exec 8>>switch.lock
flock -n 8 || { echo 'another switch is under way' >&2; exit 75; }
trap '' HUP PIPE
"programs/$2/clincher" deploy switch "$1" "$3" "$4" >switch.log 2>&1 8>&- && code=0 || code=$?
tail -c 3000 switch.log
exit $code
`;

async function switchTo(
  far: FarSide,
  dir: string,
  cargo: Cargo,
  release: string,
  step: Step,
): Promise<void> {
  step(`switching to ${release}`);
  const args = [dir, cargo.program.digest, release, cargo.host];
  const { code, stdout, tail } = await far.ask(switchScript, args);
  if (code === 0) return stdout.trim().split('\n').forEach(step);
  throw new ClincherError('deploy-failed', `${far.name} did not take ${release}:\n${tail}`, {
    fix: `What it said is in ${dir}/switch.log there; the release is kept, and is not the current one.`,
  });
}
