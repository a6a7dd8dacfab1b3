//! Attributes of the builtin kinds as plain Rust values, both ways.

use crate::{
    affine::AffineMap,
    ffi::{
        records::{Approx, Certificate, Form, Outside, Polynomial, Table, dense_f64s},
        string_value,
    },
};
use melior::{
    Context,
    ir::{
        Attribute, Type,
        attribute::{
            ArrayAttribute, BoolAttribute, DenseI64ArrayAttribute, FlatSymbolRefAttribute,
            FloatAttribute, IntegerAttribute, StringAttribute,
        },
        r#type::IntegerType,
    },
};

/// A string attribute.
pub fn string<'c>(context: &'c Context, s: &str) -> Attribute<'c> {
    StringAttribute::new(context, s).into()
}

/// A reference to a symbol of the same symbol table.
pub fn symbol<'c>(context: &'c Context, name: &str) -> Attribute<'c> {
    FlatSymbolRefAttribute::new(context, name).into()
}

/// A 64-bit integer.
pub fn i64_attr(context: &Context, value: i64) -> Attribute<'_> {
    IntegerAttribute::new(IntegerType::new(context, 64).into(), value).into()
}

/// A 128-bit integer.
pub fn i128_attr(context: &Context, value: i128) -> Attribute<'_> {
    Attribute::parse(context, &format!("{value} : i128"))
        .unwrap_or_else(|| unreachable!("an i128 literal parses"))
}

/// A double.
pub fn f64_attr(context: &Context, value: f64) -> Attribute<'_> {
    FloatAttribute::new(context, Type::float64(context), value).into()
}

/// A boolean.
pub fn boolean(context: &Context, value: bool) -> Attribute<'_> {
    BoolAttribute::new(context, value).into()
}

/// The unit attribute, which says something by being there.
pub fn unit(context: &Context) -> Attribute<'_> {
    Attribute::unit(context)
}

/// An array of 64-bit integers.
pub fn i64s<'c>(context: &'c Context, values: &[i64]) -> Attribute<'c> {
    DenseI64ArrayAttribute::new(context, values).into()
}

/// A finite double as MLIR reads it back to the same bits.
fn float_literal(v: f64) -> String {
    assert!(v.is_finite(), "attributes hold finite numbers only");
    // Rust's shortest round-trip form; MLIR wants a decimal point before an exponent.
    let s = format!("{v:e}");
    let (mantissa, exponent) = s.split_once('e').unwrap_or((&s, "0"));
    let point = if mantissa.contains('.') { "" } else { ".0" };
    format!("{mantissa}{point}e{exponent}")
}

/// An array of attributes.
pub fn array<'c>(context: &'c Context, values: &[Attribute<'c>]) -> Attribute<'c> {
    ArrayAttribute::new(context, values).into()
}

/// An affine map, in the form that printing and parsing it keeps.
///
/// MLIR prints `d0 + (d1 + d2)` without the parentheses, so that what is parsed again is `(d0 + d1) + d2`. A circuit must
/// not depend on whether its text was written to a file on the way.
pub fn map_attr<'c>(context: &'c Context, map: &AffineMap) -> Attribute<'c> {
    let parse = |text: &str| {
        Attribute::parse(context, text)
            .unwrap_or_else(|| unreachable!("an affine map parses: {text}"))
    };
    let mut attribute = parse(&format!("affine_map<{map}>"));
    // Each turn only moves parentheses to the left, so a few are enough.
    for _ in 0..8 {
        let again = parse(&attribute.to_string());
        if again == attribute {
            break;
        }
        attribute = again;
    }
    attribute
}

/// `#plonk.range<start, length>`.
pub fn range(context: &Context, start: i64, length: i64) -> Option<Attribute<'_>> {
    Attribute::parse(context, &format!("#plonk.range<{start}, {length}>"))
}

/// `#poly_ext.table`.
pub fn table<'c>(context: &'c Context, t: &Table<'c>) -> Option<Attribute<'c>> {
    Attribute::parse(
        context,
        &format!("#poly_ext.table<from = {}, {}>", t.from, t.values),
    )
}

/// `#poly_ext.polynomial`.
pub fn polynomial<'c>(context: &'c Context, p: &Polynomial) -> Option<Attribute<'c>> {
    let list = |v: &[f64]| {
        v.iter()
            .map(|x| float_literal(*x))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let basis = if p.chebyshev { "chebyshev" } else { "monomial" };
    let text = format!(
        "#poly_ext.polynomial<{basis}, [{}], on = [{}]>",
        list(&p.coefficients),
        list(&p.on)
    );
    Attribute::parse(context, &text)
}

/// `#poly_ext.approx`.
pub fn approx<'c>(context: &'c Context, a: &Approx<'c>) -> Option<Attribute<'c>> {
    let form = match &a.form {
        Form::Table(t) => table(context, t)?,
        Form::Polynomial(p) => polynomial(context, p)?,
    };
    let outside = match a.outside {
        Outside::Saturate => "saturate",
        Outside::Asymptote => "asymptote",
        Outside::Refuse => "refuse",
    };
    let certificate = match a.certificate {
        Certificate::None => "none",
        Certificate::Exhaustive => "exhaustive",
        Certificate::Interval => "interval",
    };
    let text = format!(
        "#poly_ext.approx<{:?}, domain = [{}, {}], outside = {outside}, form = {form}, \
         max_error = {}, certificate = {certificate}, producer = {:?}>",
        a.function,
        float_literal(a.domain[0]),
        float_literal(a.domain[1]),
        float_literal(a.max_error),
        a.producer,
    );
    Attribute::parse(context, &text)
}

/// Reads a string attribute; `None` where it is no UTF-8.
pub fn as_str<'c>(a: Attribute<'c>) -> Option<&'c str> {
    string_value(StringAttribute::try_from(a).ok()?)
}

/// Reads a symbol reference.
pub fn as_symbol<'c>(a: Attribute<'c>) -> Option<&'c str> {
    FlatSymbolRefAttribute::try_from(a).ok().map(|s| s.value())
}

/// Reads an integer of at most 64 bits, sign-extended.
pub fn as_i64(a: Attribute) -> Option<i64> {
    i64::try_from(as_i128(a)?).ok()
}

/// Reads an integer of any width that fits.
pub fn as_i128(a: Attribute) -> Option<i128> {
    IntegerAttribute::try_from(a).ok()?;
    // The C API reads 64 bits at most; the text holds all digits.
    let text = a.to_string();
    let digits = text.split(':').next()?.trim();
    match digits {
        "true" => Some(1),
        "false" => Some(0),
        _ => digits.parse().ok(),
    }
}

/// Reads a float.
pub fn as_f64(a: Attribute) -> Option<f64> {
    FloatAttribute::try_from(a).ok().map(|f| f.value())
}

/// Reads an array of 64-bit integers.
pub fn as_i64s(a: Attribute) -> Option<Vec<i64>> {
    let a = DenseI64ArrayAttribute::try_from(a).ok()?;
    (0..a.len()).map(|i| a.element(i).ok()).collect()
}

/// Reads an array of doubles.
pub fn as_f64s(a: Attribute) -> Option<Vec<f64>> {
    dense_f64s(a)
}

/// Reads an array of attributes.
pub fn as_array<'c>(a: Attribute<'c>) -> Option<Vec<Attribute<'c>>> {
    let a = ArrayAttribute::try_from(a).ok()?;
    (0..a.len()).map(|i| a.element(i).ok()).collect()
}

/// Reads an affine map.
pub fn as_affine_map(a: Attribute) -> Option<AffineMap> {
    AffineMap::from_mlir(crate::ffi::records::affine_map(a)?)
}

/// Whether this is the unit attribute.
pub fn is_unit(a: Attribute) -> bool {
    a.to_string() == "unit"
}
