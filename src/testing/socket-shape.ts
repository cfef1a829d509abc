// What services are like where an edge is a socket: in a jail, and in a container without a
// network.

import { dialFolder, listenFolder } from '../plan/paths.ts';
import { edgeId } from '../topology/model.ts';
import type { DriverShape } from './driver-contract-shape.ts';

const edge = edgeId('caller', 'callee', 'api');
const folder = listenFolder('caller', 'api');
const dialled = dialFolder('callee', 'api');

export const socketEdge: Pick<DriverShape, 'interfaces' | 'edgeFolders' | 'edge'> = {
  interfaces: { alone: ['lo'], onEdge: ['lo'] },
  edgeFolders: [['supervisor.admin'], ['callee.api']],
  edge: () => ({
    callee: {
      settings: { answerAt: [`${folder}/sock`] },
      plan: { listens: [{ edge, peer: 'caller', folder }] },
    },
    caller: { settings: {}, plan: { dials: [{ edge, peer: 'callee', folder: dialled }] } },
    address: `${dialled}/sock`,
    stranger: 'ENOENT',
  }),
};
