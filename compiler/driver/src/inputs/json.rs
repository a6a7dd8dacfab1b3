//! EZKL-style JSON: `{"input_data": [[...], ...]}`, one list per graph input, flat or nested.
//!
//! The file is read as a stream into flat lists of numbers, so that memory stays in proportion to the numbers and the
//! element at which something is wrong is known. Other keys (EZKL writes outputs and shapes beside the data) are
//! skipped.

use std::cell::RefCell;
use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use crate::error::{Error, Result};
use crate::inputs::{InputSpec, Tensor, Values, conform, show_element, show_shape};

/// Lists deeper than this are no tensor; it also bounds the recursion.
const MAX_RANK: usize = 32;

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

/// What stands under `input_data`.
#[derive(Debug, PartialEq)]
enum Data {
    /// A list of lists.
    Lists(Vec<List>),
    /// A list of numbers.
    Numbers(List),
}

/// Where the reading stands, for the message of an error.
#[derive(Default)]
struct Progress {
    /// The list and the element in it that was read last.
    list: usize,
    element: usize,
    within: bool,
}

fn parse(bytes: &[u8], specs: &[InputSpec]) -> Result<Data> {
    let progress = RefCell::new(Progress::default());
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let data = deserializer
        .deserialize_any(File(&progress))
        .and_then(|data| deserializer.end().map(|()| data))
        .map_err(|error| explain(&error, bytes, specs, &progress.borrow()))?;
    data.ok_or_else(|| {
        Error::diagnostic("the file has no key `input_data`")
            .help("the form is {\"input_data\": [[0.5, 1.0, ...], ...]}, one list per graph input")
    })
}

fn explain(
    error: &serde_json::Error,
    bytes: &[u8],
    specs: &[InputSpec],
    progress: &Progress,
) -> Error {
    let place = format!("line {}, column {}", error.line(), error.column());
    let element = match (progress.within, specs.get(progress.list)) {
        (true, Some(spec)) => format!("input \"{}\": element {}", spec.name, progress.element),
        (true, None) => format!("list {}, element {}", progress.list, progress.element),
        (false, _) => place.clone(),
    };
    if error.is_eof() {
        return Error::diagnostic("the file is truncated: its JSON ends too early");
    }
    if progress.within && error.is_syntax() {
        // The parser stops at the first or the second letter of the word.
        let at = position(bytes, error.line(), error.column());
        let near = &bytes[at.saturating_sub(2)..bytes.len().min(at + 9)];
        let holds = |word: &[u8]| {
            near.windows(word.len())
                .any(|window| window.eq_ignore_ascii_case(word))
        };
        if holds(b"nan") {
            return Error::diagnostic(format!("{element} is NaN")).note(place);
        }
        if holds(b"inf") {
            return Error::diagnostic(format!("{element} is infinite")).note(place);
        }
        if error.to_string().contains("number out of range") {
            return Error::diagnostic(format!("{element} does not fit a float64")).note(place);
        }
    }
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or(&text);
    Error::diagnostic(format!("not the JSON that is wanted: {text}")).note(if progress.within {
        format!("{element} ({place})")
    } else {
        place
    })
}

/// The byte offset of a line and column, both counted from 1.
fn position(bytes: &[u8], line: usize, column: usize) -> usize {
    let start = match line.checked_sub(2) {
        None => 0,
        Some(index) => bytes
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte == b'\n')
            .nth(index)
            .map_or(0, |(at, _)| at + 1),
    };
    (start + column.saturating_sub(1)).min(bytes.len())
}

/// The whole file.
struct File<'p>(&'p RefCell<Progress>);

impl<'de> Visitor<'de> for File<'_> {
    type Value = Option<Data>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the key `input_data`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut data = None;
        while let Some(key) = map.next_key::<String>()? {
            if key == "input_data" {
                if data.is_some() {
                    return Err(A::Error::custom("the key `input_data` stands twice"));
                }
                data = Some(map.next_value_seed(Outer(self.0))?);
                self.0.borrow_mut().within = false;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(data)
    }
}

/// The value of `input_data`.
struct Outer<'p>(&'p RefCell<Progress>);

impl<'de> DeserializeSeed<'de> for Outer<'_> {
    type Value = Data;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Data, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Outer<'_> {
    type Value = Data;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list with one list of numbers per graph input")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Data, A::Error> {
        let mut lists: Vec<List> = Vec::new();
        let mut loose = Builder::new();
        loop {
            {
                let mut progress = self.0.borrow_mut();
                progress.within = true;
                progress.list = lists.len();
                progress.element = loose.values.0.len();
            }
            let mut builder = Builder::new();
            let seed = Item {
                builder: &mut builder,
                depth: 0,
                progress: self.0,
            };
            let Some(item) = seq.next_element_seed(seed)? else {
                break;
            };
            match item {
                Kind::List if !loose.values.0.is_empty() => return Err(A::Error::custom(MIXED)),
                Kind::List => lists.push(List {
                    shape: builder.shape,
                    values: builder.values,
                }),
                Kind::Number if !lists.is_empty() => return Err(A::Error::custom(MIXED)),
                Kind::Number => loose.values.append(builder.values),
            }
        }
        if lists.is_empty() && !loose.values.0.is_empty() {
            let shape = vec![loose.values.0.len()];
            return Ok(Data::Numbers(List {
                shape,
                values: loose.values,
            }));
        }
        Ok(Data::Lists(lists))
    }
}

const MIXED: &str = "numbers and lists stand side by side";

/// Collects one graph input.
struct Builder {
    values: Numbers,
    /// The extents of the nesting, known from the first list that closes at each depth.
    shape: Vec<usize>,
    /// The depth at which numbers stand.
    leaf: Option<usize>,
}

impl Builder {
    fn new() -> Self {
        Builder {
            values: Numbers::new(),
            shape: Vec::new(),
            leaf: None,
        }
    }
}

enum Kind {
    List,
    Number,
}

/// A number or a list at some depth of a graph input.
struct Item<'b, 'p> {
    builder: &'b mut Builder,
    depth: usize,
    progress: &'p RefCell<Progress>,
}

impl Item<'_, '_> {
    fn at_leaf<E: serde::de::Error>(&mut self) -> Result<(), E> {
        if *self.builder.leaf.get_or_insert(self.depth) != self.depth {
            return Err(E::custom(MIXED));
        }
        if self.depth > 0 {
            self.progress.borrow_mut().element = self.builder.values.0.len() + 1;
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Item<'_, '_> {
    type Value = Kind;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kind, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Item<'_, '_> {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or a list of numbers")
    }

    fn visit_bool<E: serde::de::Error>(mut self, value: bool) -> Result<Kind, E> {
        self.at_leaf()?;
        self.builder.values.push_whole(i64::from(value));
        Ok(Kind::Number)
    }

    fn visit_i64<E: serde::de::Error>(mut self, value: i64) -> Result<Kind, E> {
        self.at_leaf()?;
        self.builder.values.push_whole(value);
        Ok(Kind::Number)
    }

    fn visit_u64<E: serde::de::Error>(mut self, value: u64) -> Result<Kind, E> {
        self.at_leaf()?;
        match i64::try_from(value) {
            Ok(value) => self.builder.values.push_whole(value),
            Err(_) => self.builder.values.push_real(value as f64),
        }
        Ok(Kind::Number)
    }

    fn visit_f64<E: serde::de::Error>(mut self, value: f64) -> Result<Kind, E> {
        self.at_leaf()?;
        self.builder.values.push_real(value);
        Ok(Kind::Number)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Kind, A::Error> {
        let Item {
            builder,
            depth,
            progress,
        } = self;
        if depth >= MAX_RANK {
            return Err(A::Error::custom(format!(
                "lists nested deeper than {MAX_RANK}"
            )));
        }
        if builder.leaf == Some(depth) {
            return Err(A::Error::custom(MIXED));
        }
        let mut extent = 0;
        while seq
            .next_element_seed(Item {
                builder,
                depth: depth + 1,
                progress,
            })?
            .is_some()
        {
            extent += 1;
        }
        if builder.shape.len() <= depth {
            builder.shape.resize(depth + 1, usize::MAX);
        }
        if builder.shape[depth] == usize::MAX {
            builder.shape[depth] = extent;
        } else if builder.shape[depth] != extent {
            return Err(A::Error::custom(format!(
                "lists of one level have different lengths, {} and {extent}, the latter ending before {}",
                builder.shape[depth],
                show_element(builder.values.0.len(), &[])
            )));
        }
        Ok(Kind::List)
    }
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
