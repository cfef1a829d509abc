// The main job with the real agent in jails, its tools in the agent's own.

import { agentContract } from '../src/testing/agent-contract.ts';

agentContract('in jails', async () => ({ choices: {}, toolUser: 1_000 }));
