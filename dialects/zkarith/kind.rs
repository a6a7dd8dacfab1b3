//! The operations by name.

macro_rules! kinds {
    ($($variant:ident = $name:literal,)*) => {
        /// An operation of the `zkarith` dialect.
        ///
        /// Rules that concern every operation match on this without a default, so that the
        /// compiler names each place that a new operation needs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind {
            $(#[doc = concat!("`zkarith.", $name, "`")] $variant,)*
        }

        impl Kind {
            /// All operations.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The operation of a full name, `zkarith.add`.
            pub fn of(name: &str) -> Option<Self> {
                match name.strip_prefix("zkarith.")? {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The full name, `zkarith.add`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!("zkarith.", $name),)*
                }
            }
        }
    };
}

kinds! {
    Constant = "constant",
    Add = "add",
    Sub = "sub",
    Mul = "mul",
    Max = "max",
    Min = "min",
    Upscale = "upscale",
    Reinterpret = "reinterpret",
    MatMul = "matmul",
    Conv = "conv",
    SumPool = "sum_pool",
    MaxPool = "max_pool",
    ReduceSum = "reduce_sum",
    ReduceMax = "reduce_max",
    Rescale = "rescale",
    Relu = "relu",
    Clamp = "clamp",
    Div = "div",
    Apply = "apply",
    Reshape = "reshape",
    Transpose = "transpose",
    Broadcast = "broadcast",
    Slice = "slice",
    Concat = "concat",
    Pad = "pad",
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn the_operations_are_those_of_the_definition() {
        // `def ZkArith_AddOp : ZkArith_BinaryOp<"add", ...`
        let mut defined: Vec<&str> = include_str!("ZkArith.td")
            .lines()
            .filter(|line| line.starts_with("def ZkArith_"))
            .filter_map(|line| line.split('"').nth(1))
            .collect();
        let mut ours: Vec<&str> = Kind::ALL
            .iter()
            .map(|k| &k.name()["zkarith.".len()..])
            .collect();
        defined.sort_unstable();
        ours.sort_unstable();
        assert_eq!(ours, defined);
        assert!(Kind::ALL.iter().all(|k| Kind::of(k.name()) == Some(*k)));
        assert_eq!(Kind::of("onnx.Add"), None);
    }
}
