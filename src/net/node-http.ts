// Node's HTTP without what an import of it brings along: that asks for every name it has, and some
// load a client with fetch and web sockets, 14 MB of memory and 50 ms of each start.

const http = process.getBuiltinModule('node:http');

export const { createServer, request, STATUS_CODES } = http;
