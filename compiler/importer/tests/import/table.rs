//! The table of operators and the dialect say the same.

use melior::ir::{
    Block, BlockLike, Location, Type,
    operation::{OperationBuilder, OperationLike},
};
use zkc_importer::{Arity, Presence, supported_ops};
use zkc_support::{as_f64, as_i64, as_str, new_context};

#[test]
fn every_operator_is_an_operation_with_the_same_defaults() {
    let context = new_context();
    let unknown = Location::unknown(&context);
    let parse = |text: &str| Type::parse(&context, text).unwrap();
    for operator in supported_ops().iter().filter(|o| o.name != "Constant") {
        let name = format!("onnx.{}", operator.name);
        // An operand of a type that the table allows; optional ones are absent.
        let types: Vec<_> = operator
            .inputs
            .iter()
            .map(|input| match input.types.names()[0] {
                _ if input.arity == Arity::Optional => parse("none"),
                "float" => parse("tensor<*xf32>"),
                "int32" | "int64" => parse("tensor<*xi64>"),
                _ => parse("tensor<*xi1>"),
            })
            .collect();
        let arguments: Vec<_> = types.iter().map(|t| (*t, unknown)).collect();
        let block = Block::new(&arguments);
        let operands: Vec<_> = (0..types.len())
            .map(|i| block.argument(i).unwrap().into())
            .collect();
        let operation = OperationBuilder::new(&name, unknown)
            .add_operands(&operands)
            .add_results(&[parse("tensor<*xf32>")])
            .build()
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        let operation = block.append_operation(operation);
        for attribute in operator.attributes.iter().filter(|a| a.until == i64::MAX) {
            let found = operation.attribute(attribute.name).ok();
            let place = format!("{name} {}", attribute.name);
            match attribute.presence {
                Presence::Int(default) => {
                    assert_eq!(found.and_then(as_i64), Some(default), "{place}");
                }
                Presence::Float(default) => {
                    assert_eq!(found.and_then(as_f64), Some(f64::from(default)), "{place}");
                }
                Presence::String(default) => {
                    assert_eq!(found.and_then(as_str), Some(default), "{place}");
                }
                Presence::Required | Presence::Optional(_) => assert!(found.is_none(), "{place}"),
            }
        }
    }
}
