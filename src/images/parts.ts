// The list of what an image is made of (CycloneDX 1.6): the same bytes for the same image, so it
// has no date, and its serial number is the image's own.

import type { OwnImage } from '../topology/own-images.ts';
import type { Part } from './image.ts';

/** `A OR B`, as SPDX writes them; packages also say things like SEE LICENSE IN FILE. */
const expression = /^\(?[A-Za-z0-9.+-]+(?: (?:AND|OR|WITH) [A-Za-z0-9.+-]+)*\)?$/;

export function billOfMaterials(name: OwnImage, imageId: string, parts: readonly Part[]) {
  const digits = imageId.slice('sha256:'.length);
  const byUrl = new Map(parts.map((part) => [part.purl, part]));
  const sorted = [...byUrl.values()].sort((a, b) => (a.purl < b.purl ? -1 : 1));
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(digits)}`,
    version: 1,
    metadata: {
      component: {
        type: 'container',
        'bom-ref': imageId,
        name: `clincher/${name}`,
        version: imageId,
        hashes: [{ alg: 'SHA-256', content: digits }],
      },
    },
    components: sorted.map(component),
    dependencies: [{ ref: imageId, dependsOn: sorted.map(({ purl }) => purl) }],
  };
}

function component({ type, name, version, purl, license, hash }: Part) {
  return {
    type,
    'bom-ref': purl,
    name,
    version,
    ...(license === undefined ? {} : { licenses: [licenseOf(license)] }),
    ...(hash === undefined ? {} : { hashes: [hash] }),
    purl,
  };
}

function licenseOf(license: string) {
  return expression.test(license) ? { expression: license } : { license: { name: license } };
}

/** A UUID of its maker's own form (RFC 9562, version 8). */
function uuidOf(digits: string): string {
  const at = (from: number, to: number) => digits.slice(from, to);
  return `${at(0, 8)}-${at(8, 12)}-8${at(13, 16)}-a${at(17, 20)}-${at(20, 32)}`;
}
