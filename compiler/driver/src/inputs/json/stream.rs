//! Reading the file as a stream.

use std::cell::RefCell;
use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use super::{List, Numbers};
use crate::error::{Error, Result};
use crate::inputs::{InputSpec, show_element};

/// Lists deeper than this are no tensor; it also bounds the recursion.
const MAX_RANK: usize = 32;

/// What stands under `input_data`.
#[derive(Debug, PartialEq)]
pub(super) enum Data {
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

/// Reads `input_data`; an error says at which element something is wrong.
pub(super) fn parse(bytes: &[u8], specs: &[InputSpec]) -> Result<Data> {
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
