//! The order in which operations are placed on the grid.
//!
//! The data flow of a function is a graph of operations; an operation is placed once everything
//! that it reads has its home cells. Operations of one depth keep the order of the text, so the
//! layout depends on the data flow and not on how independent operations are interleaved.

use petgraph::{algo::toposort, graph::DiGraph, visit::EdgeRef};
use zkc_support::Graph;

/// Positions of the operations in the order of their depth: the length of the longest chain of
/// operations that they depend on.
///
/// # Errors
/// The position of an operation that depends on itself; functions in SSA form have none.
pub(crate) fn by_depth(graph: &Graph) -> Result<Vec<usize>, usize> {
    let mut flow = DiGraph::<usize, ()>::with_capacity(graph.ops.len(), graph.ops.len());
    let nodes: Vec<_> = (0..graph.ops.len()).map(|i| flow.add_node(i)).collect();
    let definitions = graph.definitions();
    for (i, op) in graph.ops.iter().enumerate() {
        for v in &op.operands {
            if let Some(producer) = definitions[v.index()] {
                flow.add_edge(nodes[producer], nodes[i], ());
            }
        }
    }
    let sorted = toposort(&flow, None).map_err(|cycle| flow[cycle.node_id()])?;
    let mut depth = vec![0usize; graph.ops.len()];
    for node in sorted {
        for edge in flow.edges(node) {
            let reader = flow[edge.target()];
            depth[reader] = depth[reader].max(depth[flow[node]] + 1);
        }
    }
    let mut order: Vec<usize> = (0..graph.ops.len()).collect();
    order.sort_by_key(|i| (depth[*i], *i));
    Ok(order)
}
