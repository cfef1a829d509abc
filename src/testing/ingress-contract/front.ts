// Past what stands in front nobody comes in: not from another address, not without its
// certificate, and nobody else's word about the client reaches the service behind.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { makeClientCertificate } from '../../cli/certificate.ts';
import { tempDir } from '../temp-dir.ts';
import { fakeUpstream } from '../wire.ts';
import { gateway, type IngressCase, recorded, talk } from './model.ts';

const front = {
  ranges: ['127.0.0.0/8'],
  addressHeader: 'cf-connecting-ip' as const,
  certificate: false,
};

/** What the front says, and what the service behind is told. */
const said: readonly (readonly [what: string, header: string, told: string])[] = [
  ['an address', '203.0.113.7', '203.0.113.7'],
  ['an address of IPv6', '2001:db8::9', '2001:db8::9'],
  ['one of IPv4 written as IPv6', '::ffff:203.0.113.7', '203.0.113.7'],
  ['this machine', '127.0.0.1', '192.0.2.1'],
  ['this machine in IPv6', '::1', '192.0.2.1'],
  ['this machine in both', '::ffff:127.0.0.1', '192.0.2.1'],
  ['nothing', '', '192.0.2.1'],
];

/** Forms in which programs have been seen to read an address that is not there. */
const odd: readonly (readonly [what: string, header: string])[] = [
  ['a name', 'localhost'],
  ['a list', '203.0.113.7, 198.51.100.1'],
  ['a list of two words', '198.51.100.1 203.0.113.7'],
  ['an address with a port', '203.0.113.7:443'],
  ['an address of IPv6 with a port', '[2001:db8::1]:80'],
  ['an address with a zone', 'fe80::1%eth0'],
];

const clientCertificate = makeClientCertificate('clincher origin pull', Date.now());
const otherCertificate = makeClientCertificate('clincher origin pull', Date.now());

const shown = [
  ['the certificate of the front is let in', clientCertificate, true],
  ['one that another CA signed for the same name is refused', otherCertificate, false],
  ['no certificate is refused', null, false],
] as const;

export const frontCases: readonly IngressCase[] = [
  {
    property: 'front-only',
    name: 'who does not come from the front gets no answer, and leaves a record',
    async run(start) {
      await using ingress = await start([gateway], {
        front: { ...front, ranges: ['192.0.2.0/24'] },
      });
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
      await assert.rejects(ingress.ask('/', { headers: { 'cf-connecting-ip': '203.0.113.7' } }));
      assert.equal(upstream.seen.length, 0);
      const [record] = await recorded(ingress, 1);
      assert.deepEqual([record?.verdict, record?.reason], ['deny', 'front-bypassed']);
      assert.equal(record?.address, '127.0.0.1');
    },
  },
  {
    property: 'front-before-tls',
    name: 'who does not come from the front is not shown the certificate',
    async run(start) {
      await using ingress = await start([gateway], {
        front: { ...front, ranges: ['192.0.2.0/24'] },
      });
      const socket = connect(ingress.tls);
      let secured = false;
      socket.on('secureConnect', () => {
        secured = true;
        socket.destroy();
      });
      socket.on('error', () => {});
      await new Promise((resolve) => socket.once('close', resolve));
      assert.equal(secured, false);
    },
  },
  {
    property: 'front-address',
    name: 'the address that the front gives is the one that the service behind is told',
    async run(start) {
      await using ingress = await start([gateway], { front });
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
      for (const [what, header, told] of said) {
        const headers = { 'cf-connecting-ip': header, 'x-forwarded-for': '198.51.100.1' };
        assert.equal((await ingress.ask('/', { headers })).status, 200, what);
        assert.equal(upstream.header('x-forwarded-for'), told, what);
        assert.equal(upstream.header('cf-connecting-ip'), undefined, what);
      }
    },
  },
  {
    property: 'front-address-odd',
    name: 'what is no one address is not taken for one',
    async run(start) {
      await using ingress = await start([gateway], { front });
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
      for (const [what, header] of odd) {
        const { status } = await ingress.ask('/', { headers: { 'cf-connecting-ip': header } });
        // Refused, or told on as somebody near by.
        assert.ok(status === 400 || upstream.header('x-forwarded-for') === '192.0.2.1', what);
      }
    },
  },
  {
    property: 'front-address-twice',
    name: 'an address that is said twice is nobody’s',
    async run(start) {
      await using ingress = await start([gateway], { front });
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
      const twice = 'CF-Connecting-IP: 203.0.113.7\r\ncf-connecting-ip: 198.51.100.1\r\n';
      const head = `GET / HTTP/1.1\r\nHost: localhost:${ingress.port}\r\nConnection: close\r\n`;
      await talk(connect(ingress.tls), `${head}${twice}\r\n`);
      assert.equal(upstream.header('x-forwarded-for'), '192.0.2.1');
    },
  },
  {
    property: 'front-address',
    name: 'without a front its header is nobody’s word',
    async run(start) {
      await using ingress = await start([gateway]);
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
      await ingress.ask('/', { headers: { 'cf-connecting-ip': '203.0.113.7' } });
      assert.equal(upstream.header('x-forwarded-for'), '192.0.2.1');
    },
  },
  ...shown.map(
    ([name, certificate, admitted]): IngressCase => ({
      property: 'front-certificate',
      name,
      async run(start) {
        using dir = tempDir();
        const caFile = join(dir.path, 'pull-ca.pem');
        await writeFile(caFile, (await clientCertificate).caPem);
        await using ingress = await start([gateway], {
          front: { ...front, certificate: true },
          clientCaFile: caFile,
        });
        await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
        const pair = await certificate;
        const identity = pair === null ? {} : { cert: pair.certPem, key: pair.keyPem };
        const head = `GET / HTTP/1.1\r\nhost: localhost:${ingress.port}\r\nconnection: close\r\n\r\n`;
        const answer = await talk(connect({ ...ingress.tls, ...identity }), head);
        assert.equal(answer.startsWith('HTTP/1.1 200'), admitted, answer);
        assert.equal(upstream.seen.length, admitted ? 1 : 0);
      },
    }),
  ),
];
