//! The real functions the compiler knows by name.

use std::fmt;
use std::str::FromStr;

use num_bigint::BigInt;
use thiserror::Error;

use crate::dyadic::Dyadic;

/// A finite parameter of a function. Zero has one sign, so equal parameters are equal bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameter(f64);

impl Parameter {
    /// Fails for infinities and NaN.
    pub fn new(value: f64) -> Result<Self, FunctionError> {
        if value.is_finite() {
            // Adding zero turns -0 into +0.
            Ok(Parameter(value + 0.0))
        } else {
            Err(FunctionError::NotFinite { value })
        }
    }

    /// The value, finite.
    pub fn value(self) -> f64 {
        self.0
    }
}

// A finite number equals itself, so equality is an equivalence.
impl Eq for Parameter {}

impl std::hash::Hash for Parameter {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl TryFrom<f64> for Parameter {
    type Error = FunctionError;

    fn try_from(value: f64) -> Result<Self, FunctionError> {
        Parameter::new(value)
    }
}

/// Why a function's name or parameters were refused.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum FunctionError {
    /// No function has this name.
    #[error("unknown function `{name}`; known are {}", Function::NAMES.join(", "))]
    Unknown {
        /// The name as given.
        name: String,
    },
    /// The text is not `name` or `name(parameter=value, ...)`.
    #[error("cannot read function `{text}`: expected `name` or `name(parameter=value, ...)`")]
    Syntax {
        /// The text as given.
        text: String,
    },
    /// The parameters are not those of the function, in its order.
    #[error("`{name}` takes {}, found ({found})", parameter_list(.expected))]
    Parameters {
        /// The function.
        name: &'static str,
        /// Its parameters in order.
        expected: &'static [&'static str],
        /// The parameters as given.
        found: String,
    },
    /// A parameter is infinite or NaN.
    #[error("parameter must be a finite number, found {value}")]
    NotFinite {
        /// The value as given.
        value: f64,
    },
    /// A parameter for which the function is not defined anywhere.
    #[error("`{name}`: parameter `{parameter}` must not be zero")]
    ZeroParameter {
        /// The function.
        name: &'static str,
        /// The parameter.
        parameter: &'static str,
    },
}

fn parameter_list(names: &[&str]) -> String {
    if names.is_empty() {
        "no parameters".to_owned()
    } else {
        format!("({})", names.join(", "))
    }
}

/// Defines [`Function`] with its canonical names, so that variant, text and list cannot disagree.
macro_rules! functions {
    ($($(#[$doc:meta])* $variant:ident $({ $($parameter:ident),+ })? = $name:literal,)+) => {
        /// A real function of one variable, with its parameters.
        ///
        /// The text form is canonical: `tanh`, `leaky_relu(alpha=0.01)`. It prints parameters so that they read back
        /// to the same doubles, and [`str::parse`] inverts it. A parameter stands for exactly the real number that the double is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Function {
            $(
                $(#[$doc])*
                $variant $({
                    $(
                        /// As in the formula.
                        $parameter: Parameter,
                    )+
                })?,
            )+
        }

        impl Function {
            /// All names, in the order of the enumeration.
            pub const NAMES: &'static [&'static str] = &[$($name),+];

            /// The name without parameters.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Function::$variant $({ $($parameter: _),+ })? => $name,)+
                }
            }

            /// The parameters by name, in canonical order.
            pub fn parameters(&self) -> Vec<(&'static str, Parameter)> {
                match self {
                    $(Function::$variant $({ $($parameter),+ })? => {
                        vec![$($((stringify!($parameter), *$parameter)),+)?]
                    })+
                }
            }

            /// Builds a function from its name and its parameters in canonical order.
            fn from_name(
                name: &str,
                given: &[(&str, Parameter)],
            ) -> Result<Self, FunctionError> {
                match name {
                    $($name => {
                        const EXPECTED: &[&str] = &[$($(stringify!($parameter)),+)?];
                        if !given.iter().map(|(name, _)| *name).eq(EXPECTED.iter().copied()) {
                            let found: Vec<&str> = given.iter().map(|(name, _)| *name).collect();
                            return Err(FunctionError::Parameters {
                                name: $name,
                                expected: EXPECTED,
                                found: found.join(", "),
                            });
                        }
                        // One value per expected parameter, as just compared.
                        let mut _values = given.iter().map(|(_, value)| *value);
                        Ok(Function::$variant $({
                            $($parameter: _values.next().unwrap_or(Parameter(0.0)),)+
                        })?)
                    })+
                    _ => Err(FunctionError::Unknown { name: name.to_owned() }),
                }
            }
        }
    };
}

functions! {
    /// `1 / (1 + e^-x)`.
    Sigmoid = "sigmoid",
    /// Hyperbolic tangent.
    Tanh = "tanh",
    /// `2/sqrt(pi) * integral of e^(-t^2) from 0 to x`.
    Erf = "erf",
    /// `x/2 * (1 + erf(x / sqrt 2))`.
    Gelu = "gelu",
    /// `x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3)))`, with the decimal constant taken exactly.
    GeluTanh = "gelu_tanh",
    /// `x * sigmoid(x)`.
    Silu = "silu",
    /// `ln(1 + e^x)`.
    Softplus = "softplus",
    /// `x * tanh(ln(1 + e^x))`.
    Mish = "mish",
    /// `x` for `x >= 0`, `alpha * (e^x - 1)` below.
    Elu { alpha } = "elu",
    /// `gamma * x` for `x >= 0`, `gamma * alpha * (e^x - 1)` below.
    Selu { alpha, gamma } = "selu",
    /// `x` for `x >= 0`, `alpha * (e^(x/alpha) - 1)` below; `alpha` is not zero.
    Celu { alpha } = "celu",
    /// `e^x`.
    Exp = "exp",
    /// `2^x`.
    Exp2 = "exp2",
    /// Natural logarithm.
    Log = "log",
    /// Square root.
    Sqrt = "sqrt",
    /// `1 / sqrt(x)`.
    Rsqrt = "rsqrt",
    /// `1 / x`.
    Reciprocal = "reciprocal",
    /// Sine.
    Sin = "sin",
    /// Cosine.
    Cos = "cos",
    /// Tangent.
    Tan = "tan",
    /// Arcsine.
    Asin = "asin",
    /// Arccosine.
    Acos = "acos",
    /// Arctangent.
    Atan = "atan",
    /// Hyperbolic sine.
    Sinh = "sinh",
    /// Hyperbolic cosine.
    Cosh = "cosh",
    /// Inverse of the hyperbolic sine.
    Asinh = "asinh",
    /// Inverse of the hyperbolic cosine.
    Acosh = "acosh",
    /// Inverse of the hyperbolic tangent.
    Atanh = "atanh",
    /// `max(0, min(1, alpha * x + beta))`.
    HardSigmoid { alpha, beta } = "hardsigmoid",
    /// `x * max(0, min(1, x/6 + 1/2))`.
    HardSwish = "hardswish",
    /// `x / (1 + |x|)`.
    Softsign = "softsign",
    /// `x^exponent`. Negative `x` only for integer exponents, zero only for exponents from 0 on (`0^0 = 1`).
    Pow { exponent } = "pow",
    /// `max(0, x)`.
    Relu = "relu",
    /// `x` for `x >= 0`, `alpha * x` below.
    LeakyRelu { alpha } = "leaky_relu",
    /// `x` for `x > alpha`, 0 elsewhere.
    ThresholdedRelu { alpha } = "thresholded_relu",
    /// -1, 0 or 1.
    Sign = "sign",
    /// 0 for negative `x`, 1 from 0 on.
    Step = "step",
    /// `|x|`.
    Abs = "abs",
    /// The largest integer not above `x`.
    Floor = "floor",
    /// The smallest integer not below `x`.
    Ceil = "ceil",
    /// The nearest integer, ties to the even one.
    Round = "round",
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        let parameters = self.parameters();
        if parameters.is_empty() {
            return Ok(());
        }
        for (index, (name, value)) in parameters.iter().enumerate() {
            let before = if index == 0 { "(" } else { ", " };
            // `{:?}` prints the shortest text that reads back to the same double.
            write!(f, "{before}{name}={:?}", value.value())?;
        }
        f.write_str(")")
    }
}

impl FromStr for Function {
    type Err = FunctionError;

    fn from_str(text: &str) -> Result<Self, FunctionError> {
        let syntax = || FunctionError::Syntax {
            text: text.to_owned(),
        };
        let (name, list) = match text.split_once('(') {
            None => (text, ""),
            Some((name, rest)) => {
                let list = rest.strip_suffix(')').ok_or_else(syntax)?;
                if list.trim().is_empty() {
                    return Err(syntax());
                }
                (name, list)
            }
        };
        let mut given = Vec::new();
        for item in list.split(',').filter(|_| !list.is_empty()) {
            let (parameter, value) = item.split_once('=').ok_or_else(syntax)?;
            let value: f64 = value.trim().parse().map_err(|_| syntax())?;
            given.push((parameter.trim(), Parameter::new(value)?));
        }
        let function = Function::from_name(name.trim(), &given)?;
        function.validate()?;
        Ok(function)
    }
}

impl Function {
    /// Checks what the type alone does not: that the function is defined somewhere.
    pub fn validate(&self) -> Result<(), FunctionError> {
        match self {
            Function::Celu { alpha } if alpha.value() == 0.0 => Err(FunctionError::ZeroParameter {
                name: self.name(),
                parameter: "alpha",
            }),
            _ => Ok(()),
        }
    }

    /// Whether the function has a real value at `x`.
    pub fn is_defined_at(&self, x: &Dyadic) -> bool {
        let integer = |value: i32| Dyadic::new(BigInt::from(value), 0);
        let zero = integer(0);
        match self {
            Function::Log | Function::Rsqrt => *x > zero,
            Function::Sqrt => *x >= zero,
            Function::Reciprocal => *x != zero,
            Function::Asin | Function::Acos => (integer(-1)..=integer(1)).contains(x),
            Function::Acosh => *x >= integer(1),
            Function::Atanh => integer(-1) < *x && *x < integer(1),
            Function::Celu { alpha } => alpha.value() != 0.0,
            Function::Pow { exponent } => match x.cmp(&zero) {
                std::cmp::Ordering::Greater => true,
                std::cmp::Ordering::Equal => exponent.value() >= 0.0,
                std::cmp::Ordering::Less => exponent.value().fract() == 0.0,
            },
            // The poles of the tangent are irrational.
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alpha(value: f64) -> Parameter {
        Parameter::new(value).unwrap()
    }

    #[test]
    fn text_is_canonical() {
        for text in [
            "tanh",
            "leaky_relu(alpha=0.01)",
            "pow(exponent=2.5)",
            "selu(alpha=1.6732632423543772, gamma=1.0507009873554805)",
            "hardsigmoid(alpha=0.20000000298023224, beta=0.5)",
            "elu(alpha=1e-7)",
        ] {
            assert_eq!(text.parse::<Function>().unwrap().to_string(), text);
        }
        let loose: Function = " selu( alpha = 1,gamma=2e0 )".parse().unwrap();
        assert_eq!(loose.to_string(), "selu(alpha=1.0, gamma=2.0)");
    }

    #[test]
    fn every_name_parses_or_asks_for_its_parameters() {
        for name in Function::NAMES {
            match name.parse::<Function>() {
                Ok(function) => assert_eq!(function.to_string(), *name),
                Err(FunctionError::Parameters { expected, .. }) => {
                    let list: Vec<String> = expected.iter().map(|p| format!("{p}=0.75")).collect();
                    let text = format!("{name}({})", list.join(", "));
                    assert_eq!(text.parse::<Function>().unwrap().to_string(), text);
                }
                Err(other) => panic!("{name}: {other}"),
            }
        }
    }

    #[test]
    fn errors_say_what_was_expected() {
        let message = |text: &str| text.parse::<Function>().unwrap_err().to_string();
        assert!(
            message("tanhh").starts_with("unknown function `tanhh`; known are sigmoid, tanh, ")
        );
        assert_eq!(message("elu"), "`elu` takes (alpha), found ()");
        assert_eq!(
            message("tanh(alpha=1)"),
            "`tanh` takes no parameters, found (alpha)"
        );
        assert_eq!(
            message("selu(gamma=1, alpha=1)"),
            "`selu` takes (alpha, gamma), found (gamma, alpha)"
        );
        for text in [
            "elu(alpha=1",
            "elu()",
            "elu(alpha)",
            "elu(alpha=x)",
            "elu(alpha=1,)",
        ] {
            assert!(message(text).starts_with("cannot read function"), "{text}");
        }
        assert_eq!(
            message("elu(alpha=inf)"),
            "parameter must be a finite number, found inf"
        );
        assert_eq!(
            message("celu(alpha=0)"),
            "`celu`: parameter `alpha` must not be zero"
        );
        assert!(Parameter::new(f64::NAN).is_err());
    }

    #[test]
    fn domains() {
        let at = |function: Function, numerator: i128| {
            function.is_defined_at(&Dyadic::from_scaled(numerator, 2))
        };
        assert!(!at(Function::Log, 0) && at(Function::Log, 1));
        assert!(at(Function::Sqrt, 0) && !at(Function::Sqrt, -1));
        assert!(at(Function::Asin, 4) && !at(Function::Asin, 5));
        assert!(!at(Function::Atanh, 4) && at(Function::Atanh, -3));
        assert!(at(Function::Acosh, 4) && !at(Function::Acosh, 3));
        assert!(!at(Function::Reciprocal, 0) && at(Function::Reciprocal, -4));
        let pow = |exponent| Function::Pow {
            exponent: alpha(exponent),
        };
        assert!(at(pow(3.0), -1) && !at(pow(0.5), -1));
        assert!(at(pow(0.0), 0) && !at(pow(-1.0), 0));
    }

    #[test]
    fn zero_parameters_are_equal() {
        assert_eq!(
            Function::LeakyRelu { alpha: alpha(-0.0) },
            Function::LeakyRelu { alpha: alpha(0.0) }
        );
    }
}
