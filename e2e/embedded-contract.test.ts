// The embedded driver keeps the contract of every driver, as the user who runs the tests.

import { driverContract } from '../src/testing/driver-contract.ts';
import { openEmbeddedWorld } from '../src/testing/embedded-world.ts';

const who = process.getuid?.() === 0 ? 'root' : 'an ordinary user';

driverContract(`the embedded driver as ${who}`, (secrets) => openEmbeddedWorld({ secrets }));
