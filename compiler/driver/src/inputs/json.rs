//! EZKL-style JSON: `{"input_data": [[...], ...]}`, one list per graph input, flat or nested.
//!
//! The file is read as a stream into flat lists of numbers, so that memory stays in proportion to the numbers and the
//! element at which something is wrong is known. Other keys (EZKL writes outputs and shapes beside the data) are
//! skipped.

mod stream;

use crate::error::{Error, Result};
use crate::inputs::json::stream::{Data, parse};
use crate::inputs::{InputSpec, Tensor, Values, conform, show_shape};

/// Reads the tensors of all graph inputs.
pub(super) fn read(bytes: &[u8], specs: &[InputSpec]) -> Result<Vec<Tensor>> {
    let data = parse(bytes, specs)?;
    let lists = match (data, specs) {
        // A single input may stand without the list around it, where its shape leaves no doubt.
        (Data::Numbers(list), [_]) => vec![list],
        (Data::Lists(lists), [spec]) if outer_shape(&lists).as_ref() == Some(&spec.shape) => {
            vec![join(lists)]
        }
        (Data::Lists(lists), _) if lists.len() == specs.len() => lists,
        (Data::Lists(lists), _) => return Err(wrong_count(specs, Some(lists.len()))),
        (Data::Numbers(_), _) => return Err(wrong_count(specs, None)),
    };
    lists
        .into_iter()
        .zip(specs)
        .map(|(list, spec)| to_tensor(list, spec))
        .collect()
}

/// Reads a single tensor whose shape is that of the nesting.
pub(super) fn read_one(bytes: &[u8]) -> Result<Tensor> {
    let list = match parse(bytes, &[])? {
        Data::Numbers(list) => list,
        Data::Lists(lists) => {
            let found = lists.len();
            let mut lists = lists.into_iter();
            match (lists.next(), found) {
                (Some(list), 1) => list,
                _ => {
                    return Err(Error::diagnostic(format!(
                        "`input_data` must hold 1 list, found {found}"
                    )));
                }
            }
        }
    };
    Ok(Tensor {
        shape: list.shape,
        values: list.values.0,
    })
}

fn wrong_count(specs: &[InputSpec], found: Option<usize>) -> Error {
    let expected = specs.len();
    let found = match found {
        Some(found) => format!("found {found}"),
        None => "found another nesting".to_owned(),
    };
    let lists = if expected == 1 { "list" } else { "lists" };
    let mut error = Error::diagnostic(format!(
        "`input_data` must hold {expected} {lists}, one per graph input, {found}"
    ));
    for spec in specs {
        error = error.note(format!(
            "input \"{}\" has shape {}",
            spec.name,
            show_shape(&spec.shape)
        ));
    }
    error
}

/// A list of numbers with the shape of its nesting.
#[derive(Debug, Clone, PartialEq)]
struct List {
    shape: Vec<usize>,
    values: Numbers,
}

/// Whole numbers as long as all are whole, reals from the first that is not.
#[derive(Debug, Clone, PartialEq)]
struct Numbers(Values);

impl Numbers {
    fn new() -> Self {
        Numbers(Values::Whole(Vec::new()))
    }

    fn push_real(&mut self, value: f64) {
        if let Values::Whole(whole) = &self.0 {
            self.0 = Values::Real(whole.iter().map(|&value| value as f64).collect());
        }
        if let Values::Real(values) = &mut self.0 {
            values.push(value);
        }
    }

    fn push_whole(&mut self, value: i64) {
        match &mut self.0 {
            Values::Whole(values) => values.push(value),
            Values::Real(values) => values.push(value as f64),
        }
    }

    fn append(&mut self, other: Numbers) {
        match other.0 {
            Values::Whole(whole) => whole.into_iter().for_each(|value| self.push_whole(value)),
            Values::Real(real) => real.into_iter().for_each(|value| self.push_real(value)),
        }
    }
}

/// The shape of all lists taken as one tensor; `None` when their shapes differ.
fn outer_shape(lists: &[List]) -> Option<Vec<usize>> {
    let first = lists.first()?;
    if lists.iter().any(|list| list.shape != first.shape) {
        return None;
    }
    Some([&[lists.len()], first.shape.as_slice()].concat())
}

/// The tensor whose slices along a new first axis are `lists`, all of one shape.
fn join(lists: Vec<List>) -> List {
    let shape = outer_shape(&lists).unwrap_or_default();
    let mut values = Numbers::new();
    for list in lists {
        values.append(list.values);
    }
    List { shape, values }
}

fn to_tensor(list: List, spec: &InputSpec) -> Result<Tensor> {
    let List {
        mut shape,
        values: Numbers(values),
    } = list;
    // EZKL's own files are flat.
    if shape.len() == 1 && shape != spec.shape {
        if spec.elements() != Some(values.len()) {
            return Err(Error::diagnostic(format!(
                "input \"{}\" must have shape {}, which is {} elements, found {}",
                spec.name,
                show_shape(&spec.shape),
                spec.elements()
                    .map_or("too many".to_owned(), |count| count.to_string()),
                values.len()
            )));
        }
        shape.clone_from(&spec.shape);
    }
    conform(Tensor { shape, values }, spec)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::tests::spec;

    fn message(text: &str, specs: &[InputSpec]) -> String {
        read(text.as_bytes(), specs)
            .unwrap_err()
            .message()
            .to_owned()
    }

    #[test]
    fn flat_and_nested_lists_are_the_same_tensor() {
        let specs = [spec("x", &[1, 2, 2])];
        let flat = read(br#"{"input_data": [[1, 2.5, -3, 4e0]]}"#, &specs).unwrap();
        assert_eq!(flat[0].shape, [1, 2, 2]);
        assert_eq!(flat[0].values, Values::Real(vec![1.0, 2.5, -3.0, 4.0]));
        for text in [
            r#"{"input_data": [[[[1, 2.5], [-3, 4]]]]}"#,
            r#"{"input_data": [[[1, 2.5], [-3, 4]]]}"#,
            r#"{"input_data": [1, 2.5, -3, 4]}"#,
            r#"{"output_data": [[0]], "input_data": [[1, 2.5, -3, 4]], "input_shapes": [[4]]}"#,
        ] {
            assert_eq!(read(text.as_bytes(), &specs).unwrap(), flat, "{text}");
        }
    }

    #[test]
    fn several_inputs_and_scalars() {
        let specs = [spec("a", &[2]), spec("b", &[1])];
        let tensors = read(br#"{"input_data": [[1, 2], [3]]}"#, &specs).unwrap();
        assert_eq!(tensors[1].values, Values::Real(vec![3.0]));
        let scalar = read(br#"{"input_data": [[3]]}"#, &[spec("a", &[])]).unwrap();
        assert_eq!(scalar[0].shape, Vec::<usize>::new());
    }

    #[test]
    fn wrong_counts_and_shapes_are_named() {
        let two = [spec("a", &[2]), spec("b", &[1])];
        assert_eq!(
            message(r#"{"input_data": [[1, 2]]}"#, &two),
            "`input_data` must hold 2 lists, one per graph input, found 1"
        );
        let one = [spec("x", &[1, 4])];
        assert_eq!(
            message(r#"{"input_data": [[1, 2, 3]]}"#, &one),
            "input \"x\" must have shape [1, 4], which is 4 elements, found 3"
        );
        assert_eq!(
            message(r#"{"input_data": [[[1, 2], [3, 4]]]}"#, &one),
            "input \"x\" must have shape [1, 4], found [2, 2]"
        );
    }

    #[test]
    fn ragged_and_mixed_lists_are_refused() {
        let one = [spec("x", &[4])];
        assert_eq!(
            message(r#"{"input_data": [[[1, 2], [3]]]}"#, &one),
            "not the JSON that is wanted: lists of one level have different lengths, 2 and 1, \
             the latter ending before element 3"
        );
        for text in [
            r#"{"input_data": [[1, [2]]]}"#,
            r#"{"input_data": [[[1], 2]]}"#,
            r#"{"input_data": [1, [2]]}"#,
            r#"{"input_data": [[1], 2]}"#,
        ] {
            let message = message(text, &one);
            assert_eq!(
                message, "not the JSON that is wanted: numbers and lists stand side by side",
                "{text}"
            );
        }
    }

    #[test]
    fn values_that_are_no_numbers_are_found_by_element() {
        let one = [spec("x", &[3])];
        assert_eq!(
            message(r#"{"input_data": [[1, NaN, 3]]}"#, &one),
            "input \"x\": element 1 is NaN"
        );
        assert_eq!(
            message(r#"{"input_data": [[1, 2, -Infinity]]}"#, &one),
            "input \"x\": element 2 is infinite"
        );
        assert_eq!(
            message("{\"input_data\":\n[[Infinity, 2]]}", &one),
            "input \"x\": element 0 is infinite"
        );
        assert_eq!(
            message(r#"{"input_data": [[1, 1e999, 3]]}"#, &one),
            "input \"x\": element 1 does not fit a float64"
        );
        let error = read(br#"{"input_data": [[1, "a"]]}"#, &one).unwrap_err();
        assert!(
            error
                .message()
                .starts_with("not the JSON that is wanted: invalid type: string"),
            "{error}"
        );
        assert_eq!(
            error.notes(),
            ["input \"x\": element 1 (line 1, column 23)"]
        );
    }

    #[test]
    fn what_is_not_the_form_is_explained() {
        let one = [spec("x", &[1])];
        assert_eq!(
            message("", &one),
            "the file is truncated: its JSON ends too early"
        );
        assert_eq!(
            message(r#"{"input_data": [[1"#, &one),
            "the file is truncated: its JSON ends too early"
        );
        assert_eq!(message("{}", &one), "the file has no key `input_data`");
        assert!(message("[[1]]", &one).contains("an object with the key `input_data`"));
        assert!(message("\u{7f}ELF", &one).starts_with("not the JSON that is wanted"));
        assert!(message(r#"{"input_data": 3}"#, &one).contains("expected a list with one list"));
        assert!(
            message(r#"{"input_data": [[1]], "input_data": [[2]]}"#, &one).contains("stands twice")
        );
        let deep = format!("{{\"input_data\": {}", "[".repeat(100_000));
        assert!(message(&deep, &one).contains("nested deeper than 32"));
    }

    #[test]
    fn large_whole_numbers_stay_exact() {
        let whole = InputSpec {
            element: crate::inputs::ElementType::Integer {
                bits: 64,
                signed: true,
            },
            ..spec("x", &[1])
        };
        let tensors = read(br#"{"input_data": [[9007199254740993]]}"#, &[whole]).unwrap();
        assert_eq!(
            tensors[0].values,
            Values::Whole(vec![9_007_199_254_740_993])
        );
    }
}
