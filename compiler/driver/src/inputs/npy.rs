//! NumPy's `.npy` files, format versions 1 to 3.

use crate::error::{Error, Result};
use crate::inputs::{Tensor, Values, show_element};

const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// The element types read here; all are little-endian.
#[derive(Clone, Copy)]
enum Dtype {
    F4,
    F8,
    Signed(usize),
    Unsigned(usize),
    Bool,
}

impl Dtype {
    fn bytes(self) -> usize {
        match self {
            Dtype::F4 => 4,
            Dtype::F8 => 8,
            Dtype::Signed(bytes) | Dtype::Unsigned(bytes) => bytes,
            Dtype::Bool => 1,
        }
    }
}

/// Reads an array. It is returned in row-major order whatever the order in the file.
pub(super) fn read(bytes: &[u8]) -> Result<Tensor> {
    let (header, data) = split(bytes)?;
    let header = Header::parse(header)?;
    let elements = header
        .shape
        .iter()
        .try_fold(1usize, |product, &extent| product.checked_mul(extent));
    let expected = elements.and_then(|elements| elements.checked_mul(header.dtype.bytes()));
    let (Some(elements), Some(expected)) = (elements, expected) else {
        return Err(Error::diagnostic(format!(
            "the file states an absurd shape, {:?}",
            header.shape
        )));
    };
    if data.len() != expected {
        let word = if data.len() < expected {
            "truncated"
        } else {
            "too long"
        };
        return Err(Error::diagnostic(format!(
            "the file is {word}: shape {:?} needs {expected} bytes of data, found {}",
            header.shape,
            data.len()
        )));
    }
    // From here on `elements` is bounded by the length of the file.
    let values = decode(data, header.dtype, &header.shape)?;
    debug_assert_eq!(values.len(), elements);
    let values = if header.fortran {
        to_row_major(values, &header.shape)
    } else {
        values
    };
    Ok(Tensor {
        shape: header.shape,
        values,
    })
}

/// Splits a file into its header text and its data.
fn split(bytes: &[u8]) -> Result<(&str, &[u8])> {
    let truncated = || Error::diagnostic("the file is truncated within its .npy header");
    let Some(rest) = bytes.strip_prefix(MAGIC) else {
        return Err(Error::diagnostic(
            "not a .npy file: it does not begin with \\x93NUMPY",
        ));
    };
    let (version, rest) = rest.split_first_chunk::<2>().ok_or_else(truncated)?;
    let (length, rest) = match version[0] {
        1 => {
            let (length, rest) = rest.split_first_chunk::<2>().ok_or_else(truncated)?;
            (usize::from(u16::from_le_bytes(*length)), rest)
        }
        2 | 3 => {
            let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(truncated)?;
            (
                usize::try_from(u32::from_le_bytes(*length)).map_err(|_| truncated())?,
                rest,
            )
        }
        other => {
            return Err(Error::diagnostic(format!(
                "unknown .npy format version {other}.{}",
                version[1]
            ))
            .help("versions 1 to 3 are read; `numpy.save` writes them"));
        }
    };
    let (header, data) = rest.split_at_checked(length).ok_or_else(truncated)?;
    let header = std::str::from_utf8(header)
        .map_err(|_| Error::diagnostic("the .npy header is not text"))?;
    Ok((header, data))
}

struct Header {
    dtype: Dtype,
    fortran: bool,
    shape: Vec<usize>,
}

impl Header {
    /// Parses the Python dictionary literal of the header:
    /// `{'descr': '<f4', 'fortran_order': False, 'shape': (1, 28), }`.
    fn parse(text: &str) -> Result<Self> {
        let mut parser = Parser { rest: text };
        let (mut dtype, mut fortran, mut shape) = (None, None, None);
        parser.expect('{')?;
        while !parser.take('}') {
            let key = parser.string()?;
            parser.expect(':')?;
            match key {
                "descr" => dtype = Some(parser.dtype()?),
                "fortran_order" => fortran = Some(parser.boolean()?),
                "shape" => shape = Some(parser.tuple()?),
                other => {
                    return Err(Error::diagnostic(format!(
                        "unknown key '{other}' in the .npy header"
                    )));
                }
            }
            if !parser.take(',') {
                parser.expect('}')?;
                break;
            }
        }
        if !parser.rest.trim().is_empty() {
            return Err(malformed());
        }
        match (dtype, fortran, shape) {
            (Some(dtype), Some(fortran), Some(shape)) => Ok(Header {
                dtype,
                fortran,
                shape,
            }),
            _ => Err(Error::diagnostic(
                "the .npy header lacks one of 'descr', 'fortran_order', 'shape'",
            )),
        }
    }
}

fn malformed() -> Error {
    Error::diagnostic("the .npy header is malformed")
}

struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn take(&mut self, wanted: char) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, wanted: char) -> Result<()> {
        if self.take(wanted) {
            Ok(())
        } else {
            Err(malformed())
        }
    }

    fn string(&mut self) -> Result<&'a str> {
        let quote = if self.take('\'') {
            '\''
        } else if self.take('"') {
            '"'
        } else {
            return Err(malformed());
        };
        let (text, rest) = self.rest.split_once(quote).ok_or_else(malformed)?;
        self.rest = rest;
        Ok(text)
    }

    fn dtype(&mut self) -> Result<Dtype> {
        if self.take('[') {
            return Err(Error::diagnostic("the array has a structured element type")
                .help("save one plain array of numbers"));
        }
        let text = self.string()?;
        let help = "read are float32, float64, int8 to int64, uint8 to uint64 and bool; convert with \
                    `array.astype('<f4')`";
        let (order, kind) = match text.as_bytes() {
            [order @ (b'<' | b'>' | b'|' | b'='), ..] => (*order, &text[1..]),
            _ => (b'|', text),
        };
        let dtype = match kind {
            "f4" => Dtype::F4,
            "f8" => Dtype::F8,
            "i1" => Dtype::Signed(1),
            "i2" => Dtype::Signed(2),
            "i4" => Dtype::Signed(4),
            "i8" => Dtype::Signed(8),
            "u1" => Dtype::Unsigned(1),
            "u2" => Dtype::Unsigned(2),
            "u4" => Dtype::Unsigned(4),
            "u8" => Dtype::Unsigned(8),
            "b1" => Dtype::Bool,
            _ => {
                return Err(
                    Error::diagnostic(format!("element type '{text}' is not supported")).help(help),
                );
            }
        };
        if order != b'<' && dtype.bytes() > 1 {
            return Err(
                Error::diagnostic(format!("element type '{text}' is not little-endian")).help(help),
            );
        }
        Ok(dtype)
    }

    fn boolean(&mut self) -> Result<bool> {
        self.rest = self.rest.trim_start();
        for (text, value) in [("True", true), ("False", false)] {
            if let Some(rest) = self.rest.strip_prefix(text) {
                self.rest = rest;
                return Ok(value);
            }
        }
        Err(malformed())
    }

    fn tuple(&mut self) -> Result<Vec<usize>> {
        let mut extents = Vec::new();
        self.expect('(')?;
        while !self.take(')') {
            self.rest = self.rest.trim_start();
            let digits = self
                .rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(self.rest.len());
            let (number, rest) = self.rest.split_at(digits);
            if number.is_empty() {
                return Err(malformed());
            }
            let extent = number.parse().map_err(|_| {
                Error::diagnostic(format!("the file states an absurd extent, {number}"))
            })?;
            extents.push(extent);
            // Version 1 files of Python 2 write long integers as `3L`.
            self.rest = rest.strip_prefix('L').unwrap_or(rest);
            if !self.take(',') {
                self.expect(')')?;
                break;
            }
        }
        Ok(extents)
    }
}

fn decode(data: &[u8], dtype: Dtype, shape: &[usize]) -> Result<Values> {
    /// The little-endian numbers of `data`, whose length is a multiple of `N`.
    fn numbers<const N: usize, T>(data: &[u8], convert: impl Fn([u8; N]) -> T) -> Vec<T> {
        let (chunks, _) = data.as_chunks::<N>();
        chunks.iter().map(|chunk| convert(*chunk)).collect()
    }
    let whole = |values: Vec<i64>| Ok(Values::Whole(values));
    match dtype {
        Dtype::F4 => Ok(Values::Real(numbers(data, |bytes| {
            f64::from(f32::from_le_bytes(bytes))
        }))),
        Dtype::F8 => Ok(Values::Real(numbers(data, f64::from_le_bytes))),
        Dtype::Signed(1) => whole(numbers(data, |bytes| i64::from(i8::from_le_bytes(bytes)))),
        Dtype::Signed(2) => whole(numbers(data, |bytes| i64::from(i16::from_le_bytes(bytes)))),
        Dtype::Signed(4) => whole(numbers(data, |bytes| i64::from(i32::from_le_bytes(bytes)))),
        Dtype::Signed(_) => whole(numbers(data, i64::from_le_bytes)),
        Dtype::Unsigned(1) | Dtype::Bool => whole(numbers(data, |[byte]: [u8; 1]| i64::from(byte))),
        Dtype::Unsigned(2) => whole(numbers(data, |bytes| i64::from(u16::from_le_bytes(bytes)))),
        Dtype::Unsigned(4) => whole(numbers(data, |bytes| i64::from(u32::from_le_bytes(bytes)))),
        Dtype::Unsigned(_) => {
            let values = numbers(data, u64::from_le_bytes).into_iter().enumerate();
            let values = values.map(|(index, value)| {
                i64::try_from(value).map_err(|_| {
                    Error::diagnostic(format!(
                        "{} is {value}, which is above 2^63 - 1",
                        show_element(index, shape)
                    ))
                })
            });
            Ok(Values::Whole(values.collect::<Result<_>>()?))
        }
    }
}

/// Reorders from column-major (the first index runs fastest) to row-major.
fn to_row_major(values: Values, shape: &[usize]) -> Values {
    fn reorder<T: Copy>(values: &[T], shape: &[usize]) -> Vec<T> {
        let mut strides = Vec::with_capacity(shape.len());
        let mut stride = 1;
        for &extent in shape {
            strides.push(stride);
            stride *= extent;
        }
        let mut index = vec![0; shape.len()];
        let mut at = 0;
        let mut result = Vec::with_capacity(values.len());
        for _ in 0..values.len() {
            result.push(values[at]);
            // Step the last index, carrying towards the first.
            for axis in (0..shape.len()).rev() {
                index[axis] += 1;
                at += strides[axis];
                if index[axis] < shape[axis] {
                    break;
                }
                at -= strides[axis] * shape[axis];
                index[axis] = 0;
            }
        }
        result
    }
    match values {
        Values::Real(values) => Values::Real(reorder(&values, shape)),
        Values::Whole(values) => Values::Whole(reorder(&values, shape)),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A file of format version 1 with C order.
    pub(crate) fn file(dtype: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        with_header(
            1,
            &format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}\n"),
            data,
        )
    }

    fn with_header(version: u8, header: &str, data: &[u8]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([version, 0]);
        match version {
            1 => bytes.extend((header.len() as u16).to_le_bytes()),
            _ => bytes.extend((header.len() as u32).to_le_bytes()),
        }
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn reads_every_element_type() {
        let read_one = |dtype: &str, data: &[u8]| read(&file(dtype, "(1,)", data)).unwrap().values;
        assert_eq!(
            read_one("<f4", &1.5f32.to_le_bytes()),
            Values::Real(vec![1.5])
        );
        assert_eq!(
            read_one("<f8", &(-0.1f64).to_le_bytes()),
            Values::Real(vec![-0.1])
        );
        assert_eq!(read_one("|i1", &[0xff]), Values::Whole(vec![-1]));
        assert_eq!(
            read_one("<i2", &(-2i16).to_le_bytes()),
            Values::Whole(vec![-2])
        );
        assert_eq!(
            read_one("<i4", &(-3i32).to_le_bytes()),
            Values::Whole(vec![-3])
        );
        assert_eq!(
            read_one("<i8", &i64::MIN.to_le_bytes()),
            Values::Whole(vec![i64::MIN])
        );
        assert_eq!(read_one("|u1", &[0xff]), Values::Whole(vec![255]));
        assert_eq!(read_one("<u2", &[0xff, 0xff]), Values::Whole(vec![65535]));
        assert_eq!(
            read_one("<u4", &[0xff; 4]),
            Values::Whole(vec![0xffff_ffff])
        );
        assert_eq!(
            read_one("<u8", &[1, 0, 0, 0, 0, 0, 0, 0]),
            Values::Whole(vec![1])
        );
        assert_eq!(read_one("|b1", &[1]), Values::Whole(vec![1]));
    }

    #[test]
    fn reads_scalars_empty_arrays_and_later_versions() {
        assert_eq!(
            read(&file("|u1", "()", &[7])).unwrap().shape,
            Vec::<usize>::new()
        );
        assert_eq!(read(&file("|u1", "(0, 3)", &[])).unwrap().shape, [0, 3]);
        for version in [2, 3] {
            let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1), }";
            let tensor = read(&with_header(version, header, &[1, 2])).unwrap();
            assert_eq!(
                tensor,
                Tensor {
                    shape: vec![2, 1],
                    values: Values::Whole(vec![1, 2])
                }
            );
        }
    }

    #[test]
    fn fortran_order_becomes_row_major() {
        let header = "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }";
        let tensor = read(&with_header(1, header, &[0, 3, 1, 4, 2, 5])).unwrap();
        assert_eq!(tensor.values, Values::Whole(vec![0, 1, 2, 3, 4, 5]));
    }

    #[test]
    fn absurd_shapes_are_refused_before_allocation() {
        let message = |shape: &str| {
            read(&file("<f8", shape, &[0; 8]))
                .unwrap_err()
                .message()
                .to_owned()
        };
        assert_eq!(
            message("(99999999999,)"),
            "the file is truncated: shape [99999999999] needs 799999999992 bytes of data, found 8"
        );
        assert_eq!(
            message("(9999999999, 9999999999)"),
            "the file states an absurd shape, [9999999999, 9999999999]"
        );
        assert_eq!(
            message("(99999999999999999999999,)"),
            "the file states an absurd extent, 99999999999999999999999"
        );
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let message = |bytes: &[u8]| read(bytes).unwrap_err().message().to_owned();
        assert_eq!(
            message(b"PNG"),
            "not a .npy file: it does not begin with \\x93NUMPY"
        );
        assert_eq!(
            message(b"\x93NUMPY\x07\x01"),
            "unknown .npy format version 7.1"
        );
        assert_eq!(
            message(&file(">f4", "(1,)", &[0; 4])),
            "element type '>f4' is not little-endian"
        );
        assert_eq!(
            message(&file("<c8", "(1,)", &[0; 8])),
            "element type '<c8' is not supported"
        );
        assert_eq!(
            message(&file("<f4", "(1,)", &[0; 5])),
            "the file is too long: shape [1] needs 4 bytes of data, found 5"
        );
        assert_eq!(
            message(&with_header(1, "{'descr': '<f4'", &[])),
            "the .npy header is malformed"
        );
        assert_eq!(
            message(&with_header(1, "{'descr': '<f4'}", &[])),
            "the .npy header lacks one of 'descr', 'fortran_order', 'shape'"
        );
        assert_eq!(
            message(&file("<u8", "(1,)", &[0xff; 8])),
            "element 0 is 18446744073709551615, which is above 2^63 - 1"
        );
    }

    #[test]
    fn no_prefix_of_a_file_panics() {
        let whole = file("<f4", "(2, 2)", &[0; 16]);
        for length in 0..whole.len() {
            assert!(read(&whole[..length]).is_err(), "{length}");
        }
    }
}
