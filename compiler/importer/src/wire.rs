//! A first walk over the bytes of a model, by protobuf's wire format alone.
//!
//! It finds where the payloads of tensors lie in the file and makes a *skeleton*: the same message
//! with the fields that the importer reads, without these payloads. Only the skeleton is decoded, so
//! a model with gigabytes of weights costs memory for its graph alone, and subgraphs nested in
//! subgraphs cost nothing. The walk also tells a truncated file from one that is no model.

use crate::error::ErrorKind;
use std::{collections::BTreeMap, ops::Range};

/// Where the elements of a tensor lie in the file. Payloads are taken out of the skeleton.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Payloads {
    /// `raw_data`.
    pub(crate) raw: Option<Range<usize>>,
    /// `float_data`, when it is one packed run: little-endian like raw data.
    pub(crate) floats: Option<Range<usize>>,
    /// `double_data`, likewise.
    pub(crate) doubles: Option<Range<usize>>,
}

/// Most nodes, attributes, tensors, inputs and outputs of a graph together. A few bytes of a hostile
/// file would otherwise become hundreds in memory, without end.
const MOST_PARTS: usize = 1 << 20;

/// The result of the walk.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// A `ModelProto` with what is read of it.
    pub(crate) skeleton: Vec<u8>,
    /// Payloads of the graph's initializers, in file order.
    pub(crate) initializers: Vec<Payloads>,
    /// Payloads of tensor attributes, by position of node and attribute.
    pub(crate) attributes: BTreeMap<(usize, usize), Payloads>,
    nodes: usize,
    parts: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wire {
    Varint,
    Fixed64,
    Bytes,
    Fixed32,
}

struct Field {
    number: u64,
    wire: Wire,
    /// Tag and contents.
    whole: Range<usize>,
    /// Contents, without the length.
    contents: Range<usize>,
}

/// The fields of one message.
struct Fields<'a> {
    file: &'a [u8],
    at: usize,
    end: usize,
    /// What the message is, for errors.
    what: &'a str,
}

impl<'a> Fields<'a> {
    fn new(file: &'a [u8], range: Range<usize>, what: &'a str) -> Self {
        Self {
            file,
            at: range.start,
            end: range.end,
            what,
        }
    }

    fn varint(&mut self) -> Result<u64, ErrorKind> {
        let start = self.at;
        let mut value = 0u64;
        for shift in (0..70).step_by(7) {
            let Some(byte) = self.file[..self.end].get(self.at) else {
                return Err(self.truncated("a number", start, 1, 0));
            };
            self.at += 1;
            // The tenth byte holds the last bit of 64.
            if shift == 63 && *byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(ErrorKind::Damaged(format!(
            "{} has a number too long at byte {start}",
            self.what
        )))
    }

    fn truncated(&self, part: &str, offset: usize, needed: u64, present: usize) -> ErrorKind {
        let what = format!("{part} in {}", self.what);
        if self.end == self.file.len() {
            ErrorKind::Truncated {
                what,
                offset,
                needed,
                present: present as u64,
            }
        } else {
            // The file goes on: the message around is shorter than what it holds.
            ErrorKind::Damaged(format!("{what} at byte {offset} goes past the end of it"))
        }
    }

    fn next(&mut self) -> Result<Option<Field>, ErrorKind> {
        if self.at == self.end {
            return Ok(None);
        }
        let start = self.at;
        let tag = self.varint()?;
        let number = tag >> 3;
        let bad = || {
            Err(ErrorKind::Damaged(format!(
                "byte {start} in {} begins no protobuf field",
                self.what
            )))
        };
        if number == 0 || number > u64::from(u32::MAX >> 3) {
            return bad();
        }
        let (wire, length) = match tag & 7 {
            0 => {
                let contents = self.at;
                self.varint()?;
                return Ok(Some(Field {
                    number,
                    wire: Wire::Varint,
                    whole: start..self.at,
                    contents: contents..self.at,
                }));
            }
            1 => (Wire::Fixed64, 8),
            2 => (Wire::Bytes, self.varint()?),
            5 => (Wire::Fixed32, 4),
            _ => return bad(),
        };
        let contents = self.at;
        let present = self.end - contents;
        if length > present as u64 {
            let part = format!("field {number}");
            return Err(self.truncated(&part, contents, length, present));
        }
        // Within `present`, hence within usize.
        self.at = contents + length as usize;
        Ok(Some(Field {
            number,
            wire,
            whole: start..self.at,
            contents: contents..self.at,
        }))
    }
}

/// Appends a length-delimited field.
fn put_message(out: &mut Vec<u8>, number: u64, contents: &[u8]) {
    put_varint(out, number << 3 | 2);
    put_varint(out, contents.len() as u64);
    out.extend_from_slice(contents);
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        // The low seven bits, and the mark that more follow.
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Wire types of the fields of `ModelProto` that all versions share.
fn model_field(number: u64) -> Option<Wire> {
    match number {
        1 | 5 => Some(Wire::Varint),
        2 | 3 | 4 | 6 | 7 | 8 | 14 | 20 | 25 => Some(Wire::Bytes),
        _ => None,
    }
}

/// Walks a `ModelProto`.
pub(crate) fn scan(file: &[u8]) -> Result<Scan, ErrorKind> {
    if file.is_empty() {
        return Err(ErrorKind::NotAModel("the file is empty".into()));
    }
    if let Some(what) = other_format(file) {
        return Err(ErrorKind::NotAModel(format!("the file is {what}")));
    }
    let mut scan = Scan::default();
    let mut fields = Fields::new(file, 0..file.len(), "the model");
    // Once a typical field was seen, the file is a model, and errors mean damage.
    let mut is_model = false;
    loop {
        let field = match fields.next() {
            Ok(Some(field)) => field,
            Ok(None) => break,
            Err(error) if is_model => return Err(error),
            Err(_) => {
                return Err(ErrorKind::NotAModel(
                    "the bytes are no protobuf message".into(),
                ));
            }
        };
        match model_field(field.number) {
            Some(wire) if wire != field.wire => {
                return Err(ErrorKind::NotAModel(format!(
                    "field {} at byte {} has another type than in a model",
                    field.number, field.whole.start
                )));
            }
            Some(_) => is_model = true,
            None => {}
        }
        match (field.number, field.wire) {
            (7, _) => {
                let mut graph = Vec::new();
                scan.graph(file, field.contents, &mut graph)?;
                put_message(&mut scan.skeleton, 7, &graph);
            }
            // A function the model defines: its name and domain.
            (25, _) => {
                scan.count()?;
                let mut function = Vec::new();
                let mut fields = Fields::new(file, field.contents, "a function");
                while let Some(field) = fields.next()? {
                    if matches!(field.number, 1 | 10) {
                        function.extend_from_slice(&file[field.whole]);
                    }
                }
                put_message(&mut scan.skeleton, 25, &function);
            }
            // Versions and producer.
            (1 | 2 | 3 | 8, _) => {
                scan.count()?;
                scan.skeleton.extend_from_slice(&file[field.whole]);
            }
            _ => {}
        }
    }
    Ok(scan)
}

impl Scan {
    fn count(&mut self) -> Result<(), ErrorKind> {
        self.parts += 1;
        if self.parts > MOST_PARTS {
            return Err(ErrorKind::Graph(format!(
                "the model is absurdly large: more than {MOST_PARTS} nodes, attributes and tensors"
            )));
        }
        Ok(())
    }

    fn graph(
        &mut self,
        file: &[u8],
        range: Range<usize>,
        out: &mut Vec<u8>,
    ) -> Result<(), ErrorKind> {
        let mut fields = Fields::new(file, range, "the graph");
        while let Some(field) = fields.next()? {
            match (field.number, field.wire) {
                (1, Wire::Bytes) => {
                    self.count()?;
                    let mut node = Vec::new();
                    self.node(file, field.contents, &mut node)?;
                    put_message(out, 1, &node);
                    self.nodes += 1;
                }
                (5, Wire::Bytes) => {
                    self.count()?;
                    let what = format!("initializer {}", self.initializers.len());
                    let mut tensor = Vec::new();
                    let payloads = strip_tensor(file, field.contents, &what, &mut tensor)?;
                    put_message(out, 5, &tensor);
                    self.initializers.push(payloads);
                }
                // Name, inputs and outputs.
                (2 | 11 | 12, Wire::Bytes) => {
                    self.count()?;
                    out.extend_from_slice(&file[field.whole]);
                }
                // A sparse initializer: that it is there.
                (15, Wire::Bytes) => {
                    self.count()?;
                    put_message(out, 15, &[]);
                }
                // Types of inner values are inferred; annotations have no meaning here.
                _ => {}
            }
        }
        Ok(())
    }

    fn node(
        &mut self,
        file: &[u8],
        range: Range<usize>,
        out: &mut Vec<u8>,
    ) -> Result<(), ErrorKind> {
        let what = format!("node {}", self.nodes);
        let mut fields = Fields::new(file, range, &what);
        let mut attributes = 0;
        while let Some(field) = fields.next()? {
            match (field.number, field.wire) {
                (5, Wire::Bytes) => {
                    self.count()?;
                    let mut attribute = Vec::new();
                    self.attribute(file, field.contents, attributes, &what, &mut attribute)?;
                    put_message(out, 5, &attribute);
                    attributes += 1;
                }
                // Inputs, outputs, name, operator and domain.
                (1..=4 | 7, _) => out.extend_from_slice(&file[field.whole]),
                _ => {}
            }
        }
        Ok(())
    }

    fn attribute(
        &mut self,
        file: &[u8],
        range: Range<usize>,
        position: usize,
        what: &str,
        out: &mut Vec<u8>,
    ) -> Result<(), ErrorKind> {
        let mut fields = Fields::new(file, range, what);
        while let Some(field) = fields.next()? {
            match (field.number, field.wire) {
                (5, Wire::Bytes) => {
                    let mut tensor = Vec::new();
                    let payloads = strip_tensor(file, field.contents, what, &mut tensor)?;
                    put_message(out, 5, &tensor);
                    self.attributes.insert((self.nodes, position), payloads);
                }
                // Name, numbers, string, lists of numbers, type, reference to a function's
                // attribute. Other contents, graphs above all, are refused by the type alone.
                (1..=4 | 7 | 8 | 20 | 21, _) => out.extend_from_slice(&file[field.whole]),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Copies a `TensorProto` without its payloads.
fn strip_tensor(
    file: &[u8],
    range: Range<usize>,
    what: &str,
    out: &mut Vec<u8>,
) -> Result<Payloads, ErrorKind> {
    const FLOATS: u64 = 4;
    const RAW: u64 = 9;
    const DOUBLES: u64 = 10;
    // A repeated field may come in several pieces; only a single packed one is taken out.
    let mut pieces = BTreeMap::<u64, usize>::new();
    let mut fields = Fields::new(file, range.clone(), what);
    while let Some(field) = fields.next()? {
        *pieces.entry(field.number).or_default() += 1;
    }
    let single = |number| pieces.get(&number) == Some(&1);
    let mut payloads = Payloads::default();
    let mut fields = Fields::new(file, range, what);
    while let Some(field) = fields.next()? {
        match (field.number, field.wire) {
            // Not repeated: the last one counts.
            (RAW, Wire::Bytes) => payloads.raw = Some(field.contents),
            (FLOATS, Wire::Bytes) if single(FLOATS) => payloads.floats = Some(field.contents),
            (DOUBLES, Wire::Bytes) if single(DOUBLES) => payloads.doubles = Some(field.contents),
            _ => out.extend_from_slice(&file[field.whole]),
        }
    }
    Ok(payloads)
}

/// What a file is that people mistake for a model.
fn other_format(file: &[u8]) -> Option<&'static str> {
    let starts = |magic: &[u8]| file.starts_with(magic);
    Some(match file {
        _ if starts(b"PK\x03\x04") => "a zip archive; export the model to ONNX first",
        _ if starts(b"\x89HDF") => "HDF5 (a Keras model?); export the model to ONNX first",
        _ if file.get(4..8) == Some(b"TFL3") => "a TensorFlow Lite model; convert it to ONNX first",
        _ if file.get(4..8) == Some(b"ORTM") => {
            "in the ORT format; use the .onnx file it came from"
        }
        _ if starts(b"version https://git-lfs") => "a Git LFS pointer; run `git lfs pull`",
        _ if starts(b"\x1f\x8b") => "compressed with gzip; unpack it first",
        _ if starts(b"ML\xefR") => "MLIR bytecode, which needs no import",
        _ if starts(b"\x93NUMPY") => "a numpy array",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use onnx_protobuf::{GraphProto, Message, ModelProto, TensorProto};

    fn model(tensor: TensorProto) -> Vec<u8> {
        let mut graph = GraphProto::new();
        graph.name = "g".into();
        graph.initializer.push(tensor);
        let mut model = ModelProto::new();
        model.ir_version = 8;
        model.graph = Some(graph).into();
        model.write_to_bytes().unwrap()
    }

    #[test]
    fn payloads_are_found_and_taken_out() {
        let mut tensor = TensorProto::new();
        tensor.name = "w".into();
        tensor.raw_data = vec![7; 300];
        tensor.float_data = vec![1.5, -2.0];
        let bytes = model(tensor);
        let scan = scan(&bytes).unwrap();
        let payloads = &scan.initializers[0];
        assert_eq!(&bytes[payloads.raw.clone().unwrap()], &[7u8; 300][..]);
        let floats = &bytes[payloads.floats.clone().unwrap()];
        assert_eq!(
            floats,
            [1.5f32.to_le_bytes(), (-2.0f32).to_le_bytes()].concat()
        );
        let skeleton = ModelProto::parse_from_bytes(&scan.skeleton).unwrap();
        let tensor = &skeleton.graph.initializer[0];
        assert_eq!((tensor.name.as_str(), tensor.raw_data.len()), ("w", 0));
        assert!(tensor.float_data.is_empty());
    }

    #[test]
    fn float_data_in_pieces_stays() {
        // Two unpacked floats: tag 0x25 (field 4, fixed32), twice.
        let tensor = [
            [0x25].as_slice(),
            &1f32.to_le_bytes(),
            &[0x25],
            &2f32.to_le_bytes(),
        ]
        .concat();
        let mut graph = Vec::new();
        put_message(&mut graph, 5, &tensor);
        let mut bytes = vec![0x08, 8];
        put_message(&mut bytes, 7, &graph);
        let scan = scan(&bytes).unwrap();
        assert_eq!(scan.initializers, [Payloads::default()]);
        let skeleton = ModelProto::parse_from_bytes(&scan.skeleton).unwrap();
        assert_eq!(skeleton.graph.initializer[0].float_data, [1.0, 2.0]);
    }

    #[test]
    fn a_cut_file_is_truncated() {
        let mut tensor = TensorProto::new();
        tensor.raw_data = vec![1; 100];
        let bytes = model(tensor);
        let error = scan(&bytes[..bytes.len() - 10]).unwrap_err();
        assert!(
            matches!(&error, ErrorKind::Truncated { needed, present, .. } if needed - present == 10)
        );
    }

    #[test]
    fn absurd_numbers_of_nodes_are_refused() {
        // Empty nodes: two bytes each.
        let graph = [0x0a, 0x00].repeat(MOST_PARTS);
        let mut bytes = vec![0x08, 8];
        put_message(&mut bytes, 7, &graph);
        assert!(matches!(scan(&bytes), Err(ErrorKind::Graph(m)) if m.contains("absurdly large")));
    }

    #[test]
    fn other_files_are_no_models() {
        for bytes in [
            &b""[..],
            b"PK\x03\x04abc",
            b"{\"a\": 1}",
            b"hello world",
            b"\x08\x08\x10\x01",
        ] {
            assert!(
                matches!(scan(bytes), Err(ErrorKind::NotAModel(_))),
                "{bytes:?}"
            );
        }
    }
}
