// What is run as a command in the sandbox, to try the same as in a service: there is no Node there,
// but the python3 that the agent's tools need. Prints JSON: an outcome for each thing, as probes
// have it.

export interface InSandbox {
  readonly acts: readonly { readonly id: number; readonly does: string; readonly target: string }[];
  /** Programs that ask the kernel for one thing each. */
  readonly attempts: readonly { readonly name: string; readonly elfBase64: string }[];
}

export interface FromSandbox {
  readonly acts: Readonly<Record<string, string>>;
  readonly attempts: Readonly<Record<string, string>>;
}

const program = String.raw`
import base64, errno, json, os, signal, socket, stat, subprocess

named = {getattr(socket, name): name for name in dir(socket) if name.startswith('EAI_')}

def read(path):
    found = os.stat(path)
    if stat.S_ISDIR(found.st_mode):
        os.listdir(path)
        return
    if stat.S_ISCHR(found.st_mode) and found.st_rdev == os.stat('/dev/null').st_rdev:
        raise Masked()
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        if not os.read(descriptor, 1) and stat.S_ISREG(found.st_mode) and path.startswith('/proc/1/'):
            raise PermissionError(errno.EACCES, path)
    finally:
        os.close(descriptor)

def write(path):
    os.close(os.open(path, os.O_RDWR))

def create(path):
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    os.unlink(path)

def connect(path):
    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(1)
        one.connect(path)

def abstract(name):
    connect('\0' + name)

def dial(target):
    host, port = target.rsplit(':', 1)
    with socket.create_connection((host, int(port)), 1) as one:
        if is_to_itself(one):
            raise ConnectionRefusedError(errno.ECONNREFUSED, target)

# From a port of its own that happens to be the one it asks for: only where nobody listens.
def is_to_itself(one):
    try:
        return one.getsockname() == one.getpeername()
    except OSError:
        return False

def send(target):
    host, port = target.rsplit(':', 1)
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as one:
        one.settimeout(0.5)
        one.connect((host, int(port)))
        one.send(b'clincher')
        one.recv(1)

def resolve(name):
    socket.getaddrinfo(name, None)

class Masked(Exception):
    pass

def outcome(does, target):
    try:
        globals()[does](target)
        return 'done'
    except Masked:
        return 'masked'
    except socket.gaierror as error:
        return named.get(error.errno, str(error.errno))
    except TimeoutError:
        return 'timeout'
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error.errno))

def attempt(elf):
    try:
        try:
            return ended(in_folder(elf))
        except PermissionError:
            return ended(in_memory(elf))
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error.errno))

def ended(code):
    return signal.Signals(-code).name if code < 0 else str(code)

def in_folder(elf):
    path = '/tmp/.clincher-probe'
    try:
        with open(path, 'wb') as file:
            file.write(base64.b64decode(elf))
        os.chmod(path, 0o700)
        return run(path)
    finally:
        if os.path.exists(path):
            os.unlink(path)

# A container's memory folders run nothing; a file that is in no folder can be run all the same.
def in_memory(elf):
    descriptor = os.memfd_create('probe')
    try:
        os.write(descriptor, base64.b64decode(elf))
        return run(f'/proc/self/fd/{descriptor}', pass_fds=(descriptor,))
    finally:
        os.close(descriptor)

def run(path, **more):
    return subprocess.run([path], env={}, timeout=3, stdin=subprocess.DEVNULL, **more).returncode

print(json.dumps({
    'acts': {str(one['id']): outcome(one['does'], one['target']) for one in told['acts']},
    'attempts': {one['name']: attempt(one['elfBase64']) for one in told['attempts']},
}))
`;

/** For `python3 -`. A text of JSON is one of Python. */
export function inSandbox(told: InSandbox): string {
  return `import json\ntold = json.loads(${JSON.stringify(JSON.stringify(told))})\n${program}`;
}
