// The version of this clincher, from the package file beside it.

import packageJson from '../../package.json' with { type: 'json' };

export const version: string = packageJson.version;
