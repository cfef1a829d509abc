// Names that have a meaning of ours or of the body's first level.

/**
 * On every container that was made through the proxy: `<scope>/<caller>`. Set by us, never taken
 * from a client: it is what the scope is decided by.
 */
export const ownerLabel = 'clincher.owner';

/** Labels that begin so are ours, in any case of letters. */
export const ourLabels = 'clincher.';

/** The fields of the first level of a create body. */
export const createBodyNames: ReadonlySet<string> = new Set([
  'Hostname',
  'Domainname',
  'User',
  'AttachStdin',
  'AttachStdout',
  'AttachStderr',
  'ExposedPorts',
  'Tty',
  'OpenStdin',
  'StdinOnce',
  'Env',
  'Cmd',
  'Healthcheck',
  'ArgsEscaped',
  'Image',
  'Volumes',
  'WorkingDir',
  'Entrypoint',
  'NetworkDisabled',
  'MacAddress',
  'OnBuild',
  'Labels',
  'StopSignal',
  'StopTimeout',
  'Shell',
  'HostConfig',
  'NetworkingConfig',
]);
