// Programs that a test runs inside a task of Swarm, where Node is all that there is: each prints
// what it found.

/** What runs one. */
export function node(program: string): readonly string[] {
  return ['/opt/node/bin/node', '-e', program];
}

export function askOverTls(url: string): string {
  return `
  const options = { rejectUnauthorized: false, headers: { host: 'localhost:8443' } };
  require('node:https').get('${url}', options, async (answer) => {
    console.log(answer.statusCode, await new Response(answer).text());
  });`;
}

/** As the agent does, at its own loopback. */
export const callModel = (agentKey: string) => `
  const body = JSON.stringify({ model: 'claude', messages: [{ role: 'user', content: 'hello' }] });
  const headers = { authorization: 'Bearer ${agentKey}', 'content-type': 'application/json' };
  fetch('http://127.0.0.1:4000/v1/chat/completions', { method: 'POST', headers, body }).then(
    async (answer) => console.log(answer.status, await answer.text()));`;

export function openTunnel(host: string): string {
  return `
  const path = '${host}:443';
  const proxy = { host: '127.0.0.1', port: 4750, method: 'CONNECT', path, headers: { host: path } };
  const end = (...said) => { console.log(...said); process.exit(); };
  const asked = require('node:http').request(proxy);
  asked.on('connect', ({ statusCode, headers }, socket) => {
    if (statusCode !== 200) return end(statusCode, headers['x-clincher-reason']);
    const options = { socket, servername: '${host}', rejectUnauthorized: false };
    require('node:tls').connect(options).on('data', (text) => end(statusCode, String(text)));
  }).end();`;
}

/** Prints what came of each, in order: `open`, or the code of the system. */
export function dial(places: readonly string[]): string {
  return `
  const one = (place) => new Promise((done) => {
    const [host, port] = place.split(':');
    const socket = require('node:net').connect({ host, port });
    const timer = setTimeout(() => { socket.destroy(); done('silent'); }, 2000);
    const end = (what) => { clearTimeout(timer); socket.destroy(); done(what); };
    socket.once('connect', () => end('open')).once('error', ({ code }) => end(code));
  });
  Promise.all(${JSON.stringify(places)}.map(one)).then((all) => console.log(all.join(' ')));`;
}

export function resolve(name: string): string {
  return `
  const { Resolver } = require('node:dns').promises;
  new Resolver({ timeout: 2000, tries: 1 }).resolve4('${name}').then(
    (all) => console.log(all.join(' ')), ({ code }) => console.log(code));`;
}

/** Of its first process, and what it may touch. */
export const bounds = `
  const fs = require('node:fs');
  let root = 'written';
  try { fs.writeFileSync('/planted', ''); } catch ({ code }) { root = code; }
  const folder = '/run/clincher/secrets';
  const names = fs.existsSync(folder) ? fs.readdirSync(folder).sort() : [];
  const mode = (name) => (fs.statSync(folder + '/' + name).mode & 0o777).toString(8);
  const secrets = names.map((name) => name + ' ' + mode(name));
  const status = fs.readFileSync('/proc/1/status', 'utf8');
  console.log(JSON.stringify({ uid: process.getuid(), status, root, secrets }));`;
