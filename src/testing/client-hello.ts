// Builds TLS ClientHello messages byte by byte, well formed unless a test says how not.

export interface HelloParts {
  /** Null: no server_name extension. */
  readonly names?: readonly string[] | null;
  readonly nameType?: number;
  readonly version?: number;
  readonly session?: number;
  readonly ciphers?: Buffer;
  readonly compressions?: Buffer;
  /** Raw extensions after server_name. */
  readonly more?: readonly Buffer[];
  /** After the last field of the message. */
  readonly trailing?: Buffer;
}

/** The handshake message, without a record around it. */
export function helloMessage(parts: HelloParts = {}): Buffer {
  const names = parts.names === undefined ? ['api.example.com'] : parts.names;
  const list = (names ?? []).map((name) =>
    Buffer.concat([Buffer.from([parts.nameType ?? 0]), vector(2, Buffer.from(name, 'latin1'))]),
  );
  const serverName = names === null ? [] : [extension(0, vector(2, Buffer.concat(list)))];
  const body = Buffer.concat([
    number(2, parts.version ?? 0x0303),
    Buffer.alloc(32, 7),
    vector(1, Buffer.alloc(parts.session ?? 32, 9)),
    vector(2, parts.ciphers ?? Buffer.from([0x13, 0x01, 0x13, 0x02])),
    vector(1, parts.compressions ?? Buffer.from([0])),
    vector(2, Buffer.concat([...serverName, ...(parts.more ?? [])])),
    parts.trailing ?? Buffer.alloc(0),
  ]);
  return Buffer.concat([Buffer.from([1]), number(3, body.length), body]);
}

export function extension(type: number, body: Buffer): Buffer {
  return Buffer.concat([number(2, type), vector(2, body)]);
}

/** One handshake record, or as many as `bytesMax` makes it. */
export function records(message: Buffer, bytesMax = 2 ** 14, type = 22, version = 0x0301): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < message.length; at += bytesMax) {
    const part = message.subarray(at, at + bytesMax);
    parts.push(Buffer.from([type]), number(2, version), vector(2, part));
  }
  return Buffer.concat(parts);
}

export function clientHello(parts: HelloParts = {}): Buffer {
  return records(helloMessage(parts));
}

function number(size: number, value: number): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(value, 0, size);
  return bytes;
}

function vector(lengthSize: number, body: Buffer): Buffer {
  return Buffer.concat([number(lengthSize, body.length), body]);
}
