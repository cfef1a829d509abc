// The secrets of the drivers' contract suite, known to every part of it.

/** The secrets every test of the contract can use; any other name has no value. */
export const contractSecrets: Readonly<Record<string, string>> = {
  'own-key': 'sk-own-4f1c',
  'other-key': 'sk-other-9d2e',
};
