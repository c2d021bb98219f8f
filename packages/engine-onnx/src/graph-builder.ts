// SPDX-License-Identifier: Apache-2.0
import { ProtobufWriter } from './protobuf-writer.ts';

export type ElementType = 'float32' | 'int32' | 'int64';

/** A value in the graph; its shape is known when the graph is built. */
export interface GraphTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: ElementType;
}

export type Attribute = number | readonly number[] | string | { readonly float: number };

/** TensorProto.DataType */
const elementCodes = { float32: 1, int32: 6, int64: 7 } as const;

/** ONNX opset 23, standard domain only. All shapes are static: another batch size is another graph. */
export class GraphBuilder {
  readonly #nodes: ProtobufWriter[] = [];
  readonly #initialisers: ProtobufWriter[] = [];
  readonly #inputs: GraphTensor[] = [];
  readonly #outputs: GraphTensor[] = [];
  readonly #scalars = new Map<string, GraphTensor>();
  #counter = 0;

  input(name: string, type: ElementType, shape: readonly number[]): GraphTensor {
    const tensor = { name, type, shape };
    this.#inputs.push(tensor);
    return tensor;
  }

  constantFloat(values: Float32Array | readonly number[], shape: readonly number[]): GraphTensor {
    return this.#initialiser('float32', Float32Array.from(values), shape);
  }

  constantInt64(values: readonly number[], shape: readonly number[] = [values.length]): GraphTensor {
    return this.#initialiser('int64', BigInt64Array.from(values.map(BigInt)), shape);
  }

  /** A rank-0 constant, made once per value. */
  scalar(value: number): GraphTensor {
    const key = String(value);
    const known = this.#scalars.get(key);
    if (known !== undefined) return known;
    const made = this.constantFloat([value], []);
    this.#scalars.set(key, made);
    return made;
  }

  node(
    operator: string,
    inputs: readonly GraphTensor[],
    shape: readonly number[],
    attributes: Readonly<Record<string, Attribute>> = {},
    type: ElementType = 'float32',
    outputName?: string,
  ): GraphTensor {
    const output = { name: outputName ?? this.#freshName('t'), shape, type };
    this.#append(operator, inputs, [output], attributes);
    return output;
  }

  /** An operator with several outputs of one shape. */
  nodes(
    operator: string,
    inputs: readonly GraphTensor[],
    count: number,
    shape: readonly number[],
    attributes: Readonly<Record<string, Attribute>>,
    type: ElementType = 'float32',
  ): readonly GraphTensor[] {
    const outputs = Array.from({ length: count }, () => ({ name: this.#freshName('t'), shape, type }));
    this.#append(operator, inputs, outputs, attributes);
    return outputs;
  }

  output(tensor: GraphTensor): void {
    this.#outputs.push(tensor);
  }

  /** The ONNX file. */
  finish(name: string): Uint8Array {
    const graph = new ProtobufWriter();
    for (const node of this.#nodes) graph.message(1, node);
    graph.string(2, name);
    for (const initialiser of this.#initialisers) graph.message(5, initialiser);
    for (const input of this.#inputs) graph.message(11, valueInfo(input));
    for (const output of this.#outputs) graph.message(12, valueInfo(output));
    return new ProtobufWriter()
      .varint(1, 10)
      .string(2, 'kiban')
      .message(7, graph)
      .message(8, new ProtobufWriter().string(1, '').varint(2, 23))
      .finish();
  }

  #append(
    operator: string,
    inputs: readonly GraphTensor[],
    outputs: readonly GraphTensor[],
    attributes: Readonly<Record<string, Attribute>>,
  ): void {
    const node = new ProtobufWriter();
    for (const input of inputs) node.string(1, input.name);
    for (const output of outputs) node.string(2, output.name);
    node.string(3, this.#freshName('n')).string(4, operator);
    for (const [key, value] of Object.entries(attributes)) node.message(5, attribute(key, value));
    this.#nodes.push(node);
  }

  #freshName(prefix: string): string {
    this.#counter += 1;
    return `${prefix}${this.#counter}`;
  }

  #initialiser(type: 'float32' | 'int64', values: Float32Array | BigInt64Array, shape: readonly number[]): GraphTensor {
    const name = this.#freshName('c');
    const tensor = new ProtobufWriter();
    for (const dimension of shape) tensor.varint(1, dimension);
    tensor.varint(2, elementCodes[type]).string(8, name);
    tensor.bytes(9, new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength));
    this.#initialisers.push(tensor);
    return { name, shape, type };
  }
}

function valueInfo(tensor: GraphTensor): ProtobufWriter {
  const shape = new ProtobufWriter();
  for (const dimension of tensor.shape) shape.message(1, new ProtobufWriter().varint(1, dimension));
  const tensorType = new ProtobufWriter().varint(1, elementCodes[tensor.type]).message(2, shape);
  return new ProtobufWriter().string(1, tensor.name).message(2, new ProtobufWriter().message(1, tensorType));
}

/** AttributeProto; its type codes: FLOAT 1, INT 2, STRING 3, INTS 7. */
function attribute(name: string, value: Attribute): ProtobufWriter {
  const writer = new ProtobufWriter().string(1, name);
  if (typeof value === 'number') return writer.varint(3, value).varint(20, 2);
  if (typeof value === 'string') return writer.string(4, value).varint(20, 3);
  if ('float' in value) return writer.float(2, value.float).varint(20, 1);
  for (const item of value) writer.varint(8, item);
  return writer.varint(20, 7);
}
