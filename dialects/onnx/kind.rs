//! The operations by name.

macro_rules! kinds {
    ($($name:ident)*) => {
        /// An operation of the `onnx` dialect.
        ///
        /// Rules that concern every operation match on this without a default, so that the
        /// compiler names each place that a new operation needs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind {
            $(#[doc = concat!("`onnx.", stringify!($name), "`")] $name,)*
        }

        impl Kind {
            /// All operations.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The operation of a full name, `onnx.Conv`.
            pub fn of(name: &str) -> Option<Self> {
                match name.strip_prefix("onnx.")? {
                    $(stringify!($name) => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// The full name, `onnx.Conv`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => concat!("onnx.", stringify!($name)),)*
                }
            }
        }
    };
}

kinds! {
    NoValue Constant ConstantOfShape
    Add Sub Mul Div Pow Max Min Sum Mean
    Abs Neg Sign Ceil Floor Round Sqrt Reciprocal Exp Log Erf
    Sin Cos Tan Asin Acos Atan Sinh Cosh Tanh Asinh Acosh Atanh
    Relu Sigmoid Softplus Softsign Mish HardSwish
    LeakyRelu Elu Celu ThresholdedRelu Swish Selu HardSigmoid Gelu Clip
    MatMul Gemm Conv
    AveragePool MaxPool GlobalAveragePool GlobalMaxPool
    BatchNormalization Softmax Dropout
    ReduceSum ReduceMean ReduceMax ReduceMin
    Identity Cast Reshape Flatten Squeeze Unsqueeze Transpose
    Concat Split Slice Gather Expand Tile Pad Shape Size
}

impl Kind {
    /// Whether each result element depends on the operand element at the same place alone.
    pub fn is_elementwise(self) -> bool {
        use Kind::*;
        matches!(
            self,
            Abs | Neg
                | Sign
                | Ceil
                | Floor
                | Round
                | Sqrt
                | Reciprocal
                | Exp
                | Log
                | Erf
                | Sin
                | Cos
                | Tan
                | Asin
                | Acos
                | Atan
                | Sinh
                | Cosh
                | Tanh
                | Asinh
                | Acosh
                | Atanh
                | Relu
                | Sigmoid
                | Softplus
                | Softsign
                | Mish
                | HardSwish
                | LeakyRelu
                | Elu
                | Celu
                | ThresholdedRelu
                | Swish
                | Selu
                | HardSigmoid
                | Gelu
                | Clip
                | Identity
                | Dropout
                | Cast
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn the_operations_are_those_of_the_definition() {
        // `def Onnx_AddOp : Onnx_BinaryOp<"Add", ...`
        let files = [
            include_str!("Onnx.td"),
            include_str!("OnnxMath.td"),
            include_str!("OnnxLayers.td"),
            include_str!("OnnxShape.td"),
        ];
        let defined: Vec<&str> = files
            .iter()
            .flat_map(|file| file.lines())
            .filter(|line| line.starts_with("def Onnx_") && line.contains("Op : Onnx_"))
            .filter_map(|line| line.split('"').nth(1))
            .collect();
        let mut ours: Vec<&str> = Kind::ALL
            .iter()
            .map(|k| &k.name()["onnx.".len()..])
            .collect();
        let mut theirs = defined.clone();
        ours.sort_unstable();
        theirs.sort_unstable();
        assert_eq!(ours, theirs);
        assert!(Kind::ALL.iter().all(|k| Kind::of(k.name()) == Some(*k)));
        assert_eq!(Kind::of("zkarith.add"), None);
    }
}
