//! The graph of a model: names, execution order, what is dead, what is cyclic.

use crate::error::{ErrorKind, ImportError, NodeName, Warning, name_list};
use onnx_protobuf::{GraphProto, NodeProto};
use petgraph::{
    Direction,
    algo::kosaraju_scc,
    graph::{DiGraph, NodeIndex},
    visit::{Dfs, Reversed},
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
};

/// Whether the domain is that of the standard's own operators.
pub(crate) fn is_default_domain(domain: &str) -> bool {
    domain.is_empty() || domain == "ai.onnx"
}

/// The order in which nodes run.
#[derive(Debug)]
pub(crate) struct Order {
    /// Positions in the file, in an order in which every node comes after those it reads.
    pub(crate) live: Vec<usize>,
    /// Unique names of all nodes, by position in the file.
    pub(crate) names: Vec<NodeName>,
}

/// Checks the names of a graph and finds the order of its nodes.
pub(crate) fn order(graph: &GraphProto, warnings: &mut Vec<Warning>) -> Result<Order, ImportError> {
    let names = node_names(&graph.node, warnings);
    if graph.output.is_empty() {
        return Err(ErrorKind::Graph("the graph has no outputs".into()).into());
    }
    let producers = producers(graph, &names)?;

    let mut edges = DiGraph::<(), ()>::with_capacity(graph.node.len(), graph.node.len());
    for _ in &graph.node {
        edges.add_node(());
    }
    for (reader, node) in graph.node.iter().enumerate() {
        for input in node.input.iter().filter(|i| !i.is_empty()) {
            match producers.get(input.as_str()) {
                Some(Some(producer)) => {
                    edges.add_edge(NodeIndex::new(*producer), NodeIndex::new(reader), ());
                }
                Some(None) => {}
                None => {
                    let kind = ErrorKind::Graph(format!("nothing produces its input `{input}`"));
                    return Err(ImportError::from(kind).at(&names[reader]));
                }
            }
        }
    }
    refuse_cycles(&edges, &names)?;

    // Live is what an output depends on. One search visits each node once.
    let reversed = Reversed(&edges);
    let mut search = Dfs::empty(&reversed);
    let mut live = BTreeSet::new();
    for output in &graph.output {
        match producers.get(output.name.as_str()) {
            Some(Some(producer)) => {
                search.move_to(NodeIndex::new(*producer));
                while let Some(node) = search.next(&reversed) {
                    live.insert(node.index());
                }
            }
            Some(None) => {}
            None => {
                let name = &output.name;
                let kind =
                    ErrorKind::Graph(format!("nothing produces the graph's output `{name}`"));
                return Err(kind.into());
            }
        }
    }
    let dead: Vec<&str> = (0..graph.node.len())
        .filter(|i| !live.contains(i))
        .map(|i| names[i].name.as_str())
        .collect();
    if !dead.is_empty() {
        warnings.push(Warning::new(format!(
            "no output depends on {}, which {} dropped: {}",
            if dead.len() == 1 {
                "a node".into()
            } else {
                format!("{} nodes", dead.len())
            },
            if dead.len() == 1 { "is" } else { "are" },
            name_list(dead.iter().copied())
        )));
    }
    Ok(Order {
        live: sort(&edges, &live),
        names,
    })
}

/// What produces each name: a node, or (`None`) an input or initializer of the graph.
fn producers<'g>(
    graph: &'g GraphProto,
    names: &[NodeName],
) -> Result<BTreeMap<&'g str, Option<usize>>, ImportError> {
    let mut producers = BTreeMap::new();
    for (what, list) in [
        (
            "input",
            graph
                .input
                .iter()
                .map(|i| i.name.as_str())
                .collect::<Vec<_>>(),
        ),
        (
            "initializer",
            graph.initializer.iter().map(|i| i.name.as_str()).collect(),
        ),
    ] {
        let mut seen = BTreeSet::new();
        for name in list {
            if name.is_empty() {
                return Err(ErrorKind::Graph(format!("an {what} of the graph has no name")).into());
            }
            if !seen.insert(name) {
                let kind =
                    ErrorKind::Graph(format!("two {what}s of the graph are called `{name}`"));
                return Err(kind.into());
            }
            // An initializer may have the name of an input: then it is its default.
            producers.insert(name, None);
        }
    }
    for (i, node) in graph.node.iter().enumerate() {
        for output in node.output.iter().filter(|o| !o.is_empty()) {
            let other = match producers.insert(output.as_str(), Some(i)) {
                None => continue,
                Some(None) => "an input or initializer of the graph".to_string(),
                Some(Some(other)) if other == i => "another output of this node".to_string(),
                Some(Some(other)) => format!("an output of node `{}`", names[other].name),
            };
            let kind = ErrorKind::Graph(format!("its output `{output}` is also {other}"));
            return Err(ImportError::from(kind).at(&names[i]));
        }
    }
    Ok(producers)
}

/// Names that are unique: those of the file where they are, else the operator and the position.
fn node_names(nodes: &[NodeProto], warnings: &mut Vec<Warning>) -> Vec<NodeName> {
    let mut count = BTreeMap::<&str, usize>::new();
    for node in nodes.iter().filter(|n| !n.name.is_empty()) {
        *count.entry(&node.name).or_default() += 1;
    }
    let doubled = || count.iter().filter(|(_, n)| **n > 1).map(|(name, _)| *name);
    if doubled().next().is_some() {
        warnings.push(Warning::new(format!(
            "several nodes share a name, and a number is appended to it: {}",
            name_list(doubled())
        )));
    }
    let mut taken: BTreeSet<String> = count.keys().map(ToString::to_string).collect();
    let mut used = BTreeSet::new();
    let mut next = BTreeMap::<String, usize>::new();
    let mut names = Vec::new();
    for (i, node) in nodes.iter().enumerate() {
        let base = match node.name.as_str() {
            "" => format!("{}_{i}", node.op_type),
            name => name.to_string(),
        };
        let first = !node.name.is_empty() && used.insert(base.clone());
        let mut name = base.clone();
        while !first && taken.contains(&name) {
            let next = next.entry(base.clone()).or_insert(1);
            *next += 1;
            name = format!("{base}#{next}");
        }
        taken.insert(name.clone());
        let domain = if is_default_domain(&node.domain) {
            "onnx"
        } else {
            &node.domain
        };
        names.push(NodeName {
            name,
            operator: format!("{domain}.{}", node.op_type),
        });
    }
    names
}

fn refuse_cycles(edges: &DiGraph<(), ()>, names: &[NodeName]) -> Result<(), ImportError> {
    let is_cycle = |part: &Vec<NodeIndex>| part.len() > 1 || edges.contains_edge(part[0], part[0]);
    // Among several cycles, the one that comes first in the file.
    let components = kosaraju_scc(edges);
    let Some(cycle) = components
        .iter()
        .filter(|c| is_cycle(c))
        .min_by_key(|c| c.iter().min().map(|n| n.index()))
    else {
        return Ok(());
    };
    // Walk forward inside the component until a node comes again.
    let inside: BTreeSet<NodeIndex> = cycle.iter().copied().collect();
    let mut path = Vec::new();
    let mut places = BTreeMap::new();
    let mut node = inside.first().copied();
    let start = loop {
        // Every node of a cyclic component has a successor in it, so this ends by a repetition.
        let Some(at) = node else { break 0 };
        if let Some(place) = places.insert(at, path.len()) {
            break place;
        }
        path.push(at);
        node = edges.neighbors(at).filter(|n| inside.contains(n)).min();
    };
    let cycle = &path[start..];
    let shown: Vec<&str> = cycle
        .iter()
        .map(|n| names[n.index()].name.as_str())
        .collect();
    Err(ImportError::from(ErrorKind::Graph(format!(
        "the graph has a cycle: {} depend on each other in this order",
        name_list(shown)
    )))
    .at(&names[cycle[0].index()]))
}

/// Topological order of the live nodes that keeps the file's order wherever that is possible.
fn sort(edges: &DiGraph<(), ()>, live: &BTreeSet<usize>) -> Vec<usize> {
    let mut waiting: BTreeMap<usize, usize> = live
        .iter()
        .map(|i| {
            (
                *i,
                edges
                    .edges_directed(NodeIndex::new(*i), Direction::Incoming)
                    .count(),
            )
        })
        .collect();
    let mut ready: BinaryHeap<Reverse<usize>> = waiting
        .iter()
        .filter(|(_, n)| **n == 0)
        .map(|(i, _)| Reverse(*i))
        .collect();
    let mut order = Vec::with_capacity(live.len());
    while let Some(Reverse(node)) = ready.pop() {
        order.push(node);
        for reader in edges.neighbors(NodeIndex::new(node)) {
            if let Some(n) = waiting.get_mut(&reader.index()) {
                *n -= 1;
                if *n == 0 {
                    ready.push(Reverse(reader.index()));
                }
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use onnx_protobuf::ValueInfoProto;

    /// Each node as "operator name: inputs -> outputs".
    fn graph(nodes: &[&str], outputs: &[&str]) -> GraphProto {
        let words = |s: &str| s.split_whitespace().map(String::from).collect::<Vec<_>>();
        let value = |name: &str| {
            let mut v = ValueInfoProto::new();
            v.name = name.into();
            v
        };
        let mut graph = GraphProto::new();
        graph.input.push(value("x"));
        graph.output = outputs.iter().map(|o| value(o)).collect();
        for text in nodes {
            let (head, rest) = text.split_once(':').unwrap();
            let (inputs, outputs) = rest.split_once("->").unwrap();
            let mut node = NodeProto::new();
            let head = words(head);
            node.op_type = head[0].clone();
            node.name = head.get(1).cloned().unwrap_or_default();
            node.input = words(inputs);
            node.output = words(outputs);
            graph.node.push(node);
        }
        graph
    }

    fn error(nodes: &[&str]) -> String {
        let error = order(&graph(nodes, &["y"]), &mut Vec::new()).unwrap_err();
        error
            .render("m.onnx")
            .lines()
            .take(2)
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn order_is_that_of_the_file_where_legal() {
        let nodes = [
            "Add: b c -> y",
            "Relu: x -> c",
            "Relu: x -> b",
            "Neg: x -> unused",
        ];
        let mut warnings = Vec::new();
        let order = order(&graph(&nodes, &["y"]), &mut warnings).unwrap();
        assert_eq!(order.live, [1, 2, 0]);
        assert_eq!(
            warnings[0].message,
            "no output depends on a node, which is dropped: `Neg_3`"
        );
    }

    #[test]
    fn names_are_unique() {
        let nodes = ["Relu Neg_2: x -> a", "Relu Neg_2: a -> b", "Neg: b -> y"];
        let mut warnings = Vec::new();
        let order = order(&graph(&nodes, &["y"]), &mut warnings).unwrap();
        let names: Vec<_> = order.names.iter().map(|n| n.name.as_str()).collect();
        assert_eq!(names, ["Neg_2", "Neg_2#2", "Neg_2#3"]);
        assert_eq!(warnings.len(), 1);
    }

    #[test]
    fn cycles_are_named() {
        assert_eq!(
            error(&["Add a: x q -> p", "Relu b: p -> q", "Relu c: q -> y"]),
            "error: `onnx.Add`: the graph has a cycle: `a`, `b` depend on each other in this order\n  \
             at node \"a\" in m.onnx"
        );
        assert!(error(&["Add a: x y -> y"]).contains("`a` depend"));
    }

    #[test]
    fn names_must_be_defined_once() {
        assert!(error(&["Relu a: z -> y"]).contains("nothing produces its input `z`"));
        assert!(error(&["Relu a: x -> z"]).contains("nothing produces the graph's output `y`"));
        assert!(
            error(&["Relu a: x -> y", "Relu b: x -> y"]).contains("also an output of node `a`")
        );
        assert!(error(&["Relu a: x -> x"]).contains("also an input or initializer"));
    }
}
