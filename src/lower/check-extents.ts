import { DiagnosticCollector } from '../diagnostics/diagnostic.ts';
import type { Graph } from '../ir/graph.ts';

/** What rows, columns and channels may number: the runtime counts them in 16 bits, and its tables of places are signed. */
const LARGEST_EXTENT = 2 ** 15 - 1;

/** Throws QM212 for every map that has more rows, columns or channels than the runtime can count. */
export function checkExtents(graph: Graph): void {
  const found = new DiagnosticCollector();
  for (const { name, shape, origin } of graph.tensors) {
    const extent = Math.max(shape.h, shape.w, shape.c);
    if (extent > LARGEST_EXTENT) {
      found.add('QM212', origin, { tensor: name, extent, limit: LARGEST_EXTENT });
    }
  }
  found.stopOnErrors();
}
