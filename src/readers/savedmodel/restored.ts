import { parseRef, type GraphDef, type NodeDef } from '../graphdef/node-def.ts';

const ASSIGNMENTS: ReadonlySet<string> = new Set(['Assign', 'AssignVariableOp']);

/**
 * The key in the checkpoint from which each variable is restored, by the variable's name: what the graph itself does when it
 * is loaded. `restoreNode` runs it: in TensorFlow 2 it calls a function; in TensorFlow 1 the assignments stand in the graph.
 */
export function restoredFrom(graph: GraphDef, restoreNode: string): ReadonlyMap<string, string> {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const restore = nodes.get(restoreNode);
  const called = restore?.attributes.get('f');
  const body = called?.kind === 'function' ? graph.functionNamed(called.value) : null;
  const keys = new Map(assignedKeys(nodes, (name) => nodes.get(name)));
  if (restore !== undefined && body !== null) {
    const inputs = new Map(body.arguments.map((name, index) => [name, restore.inputs[index] ?? '']));
    const inner = new Map(body.nodes.map((node) => [node.name, node]));
    for (const [name, key] of assignedKeys(inner, (argument) => nodes.get(inputs.get(argument) ?? ''))) {
      keys.set(name, key);
    }
  }
  return keys;
}

function* assignedKeys(
  nodes: ReadonlyMap<string, NodeDef>,
  variableOf: (name: string) => NodeDef | undefined,
): Generator<readonly [string, string]> {
  for (const node of nodes.values()) {
    const [target, source] = node.inputs;
    if (!ASSIGNMENTS.has(node.op) || target === undefined || source === undefined) continue;
    const variable = variableOf(parseRef(target)?.node ?? '');
    const key = restoredKey(nodes, source);
    if (variable !== undefined && key !== null) yield [variableName(variable), key];
  }
}

/** The key that `source` is restored from, directly or through one Identity. */
function restoredKey(nodes: ReadonlyMap<string, NodeDef>, source: string): string | null {
  const direct = nodes.get(parseRef(source)?.node ?? '');
  const ref = parseRef(direct?.op === 'Identity' ? (direct.inputs[0] ?? '') : source);
  const node = nodes.get(ref?.node ?? '');
  if (node?.op !== 'RestoreV2' || ref === null) return null;
  const names = nodes.get(parseRef(node.inputs[1] ?? '')?.node ?? '')?.attributes.get('value');
  return names?.kind === 'tensor' ? (names.value.readTexts()[ref.index] ?? null) : null;
}

/** What a variable is known by: its shared name, or its node's. */
function variableName(node: NodeDef): string {
  const shared = node.attributes.get('shared_name');
  return shared?.kind === 'text' && shared.value !== '' ? shared.value : node.name;
}
