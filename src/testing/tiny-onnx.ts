// ONNX files for tests, byte by byte: a table of vectors, one for each piece, that is looked up.
// The format is a protobuf: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto

const [varintWire, bytesWire] = [0, 2];
const [float32Type, int64Type] = [1, 7];

export interface TinyModel {
  /** A row for each piece of the vocabulary. */
  readonly table: readonly (readonly number[])[];
  readonly inputs?: readonly string[];
  readonly output?: string;
}

/** `input_ids` [batch, pieces] to `last_hidden_state` [batch, pieces, numbers]. */
export function tinyOnnx({ table, inputs, output = 'last_hidden_state' }: TinyModel): Buffer {
  const names = inputs ?? ['input_ids', 'attention_mask'];
  const width = table[0]?.length ?? 0;
  const numbers = Buffer.from(Float32Array.from(table.flat()).buffer);
  const weights = [int(1, table.length), int(1, width), int(2, float32Type), text(8, 'table')];
  const node = [text(1, 'table'), text(1, names[0] ?? ''), text(2, output), text(4, 'Gather')];
  const graph = [
    message(1, node),
    text(2, 'tiny'),
    message(5, [...weights, field(9, bytesWire, lengthOf(numbers))]),
    ...names.map((name) => message(11, valueInfo(name, int64Type, ['batch', 'pieces']))),
    message(12, valueInfo(output, float32Type, ['batch', 'pieces', width])),
  ];
  // The version of the format, the graph, and the set of operators that it is written in.
  return Buffer.concat([int(1, 8), message(7, graph), message(8, [text(1, ''), int(2, 13)])]);
}

function valueInfo(name: string, type: number, shape: readonly (string | number)[]): Buffer[] {
  const dims = shape.map((one) =>
    message(1, [typeof one === 'string' ? text(2, one) : int(1, one)]),
  );
  return [text(1, name), message(2, [message(1, [int(1, type), message(2, dims)])])];
}

function message(tag: number, parts: readonly Buffer[]): Buffer {
  return field(tag, bytesWire, lengthOf(Buffer.concat(parts)));
}

function text(tag: number, value: string): Buffer {
  return field(tag, bytesWire, lengthOf(Buffer.from(value)));
}

function int(tag: number, value: number): Buffer {
  return field(tag, varintWire, varint(value));
}

function field(tag: number, wire: number, body: Buffer): Buffer {
  return Buffer.concat([varint(tag * 8 + wire), body]);
}

function lengthOf(body: Buffer): Buffer {
  return Buffer.concat([varint(body.length), body]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}
