//! Grey `.png` images as the input of a model that takes one image.
//!
//! The picture must have exactly the extents of the input; pixels are taken row by row. A pixel is a whole number from
//! 0 (black) to 255 (white). [`ImageScale`] says what number the model sees.

use std::io::Cursor;

use image::{ColorType, ImageDecoder, ImageReader, Limits};

use crate::error::{Error, Result};
use crate::inputs::{InputSpec, Tensor, Values, show_shape};

/// Where a PNG file has its bits per pixel and channel: behind the signature, and the length, name, width and height of
/// the header, which comes first.
const BIT_DEPTH: usize = 8 + 4 + 4 + 4 + 4;

/// How a pixel from 0 to 255 becomes the number that the model sees.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ImageScale {
    /// [`ImageScale::Unit`] where the declared range of the input goes up to 1 at most, else [`ImageScale::Raw`].
    #[default]
    Auto,
    /// The pixel itself, 0 to 255.
    Raw,
    /// The pixel divided by 255, 0 to 1.
    Unit,
}

/// Reads an image for `spec`; the text says how pixels are mapped, where that was not asked for.
pub(super) fn read(
    bytes: &[u8],
    spec: &InputSpec,
    scale: ImageScale,
) -> Result<(Tensor, Option<String>)> {
    let not_png = |error: image::ImageError| {
        let text = error.to_string();
        // What follows is the decoder's own structure.
        let text = text.split(" while decoding ").next().unwrap_or_default();
        Error::diagnostic(format!(
            "not a readable PNG image: {}",
            text.trim_end_matches('.')
        ))
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), image::ImageFormat::Png);
    let wanted = extents(spec);
    // The largest picture that can fit, with a little room so that a wrong one gets its own message.
    let mut limits = Limits::default();
    limits.max_alloc = Some(64 << 20);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(not_png)?;
    let (width, height) = decoder.dimensions();
    let color = decoder.color_type();
    let Some(wanted) = wanted else {
        return Err(Error::diagnostic(format!(
            "input \"{}\" of shape {} is not one grey image",
            spec.name,
            show_shape(&spec.shape)
        ))
        .help("an image can be given for a shape [1, 1, H, W], [1, H, W, 1], [H, W] or the like"));
    };
    let fits = match wanted {
        Extents::Grid {
            height: h,
            width: w,
        } => (height as usize, width as usize) == (h, w),
        Extents::Flat { elements } => u64::from(height) * u64::from(width) == elements as u64,
    };
    if !fits {
        return Err(Error::diagnostic(format!(
            "the image has {width} x {height} pixels, but input \"{}\" of shape {} takes {wanted}",
            spec.name,
            show_shape(&spec.shape)
        )));
    }
    match color {
        // The decoder widens fewer bits.
        ColorType::L8 if bytes.get(BIT_DEPTH).is_some_and(|depth| *depth < 8) => {
            return Err(
                Error::diagnostic("the image has fewer than 8 bits per pixel")
                    .help("save it with 8 bits per pixel"),
            );
        }
        ColorType::L8 => {}
        ColorType::L16 => {
            return Err(Error::diagnostic("the image has 16 bits per pixel")
                .help("save it with 8 bits per pixel"));
        }
        ColorType::La8 | ColorType::La16 => {
            return Err(Error::diagnostic("the image has transparency")
                .help("save it as plain grey, without alpha"));
        }
        _ => {
            return Err(Error::diagnostic("the image is in colour")
                .help("convert it to grey, 8 bits per pixel"));
        }
    }
    // Width times height equals the elements of the input, so this is as large as the input and no larger.
    let mut pixels = vec![0u8; width as usize * height as usize];
    decoder.read_image(&mut pixels).map_err(not_png)?;

    let unit = match scale {
        ImageScale::Unit => true,
        ImageScale::Raw => false,
        ImageScale::Auto => spec.range.is_some_and(|range| range.hi <= 1.0),
    };
    let note = (scale == ImageScale::Auto).then(|| {
        let how = if unit {
            "divided by 255, so from 0 to 1"
        } else {
            "taken as they are, from 0 to 255"
        };
        let why = match spec.range {
            Some(range) => format!(", to match the declared range {range}"),
            None => "; `--image-scale unit` divides them by 255".into(),
        };
        format!("pixels of the image are {how}{why}")
    });
    let values = if unit {
        Values::Real(
            pixels
                .iter()
                .map(|&pixel| f64::from(pixel) / 255.0)
                .collect(),
        )
    } else {
        Values::Whole(pixels.iter().map(|&pixel| i64::from(pixel)).collect())
    };
    Ok((
        Tensor {
            shape: spec.shape.clone(),
            values,
        },
        note,
    ))
}

/// The picture that fits an input.
#[derive(Clone, Copy)]
enum Extents {
    /// The shape has a height and a width.
    Grid { height: usize, width: usize },
    /// The shape has one long axis: rows one after another.
    Flat { elements: usize },
}

impl std::fmt::Display for Extents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Extents::Grid { height, width } => write!(f, "{width} x {height}"),
            Extents::Flat { elements } => write!(f, "{elements} in all"),
        }
    }
}

/// What picture fits; `None` when the input is not an image. Axes of extent 1 (batch, channel) do not count, so pixels
/// in row order are the elements in row-major order.
fn extents(spec: &InputSpec) -> Option<Extents> {
    let shape = &spec.shape;
    let long: Vec<usize> = shape
        .iter()
        .copied()
        .filter(|&extent| extent != 1)
        .collect();
    match (long.as_slice(), shape.as_slice()) {
        (&[height, width], _) => Some(Extents::Grid { height, width }),
        (&[elements], &[_] | &[_, _]) => Some(Extents::Flat { elements }),
        (_, &[height, width]) | (_, &[1, 1, height, width]) => {
            Some(Extents::Grid { height, width })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::ValueRange;
    use crate::inputs::tests::spec;

    fn png(width: u32, height: u32, color: image::ExtendedColorType, pixels: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let encoder = image::codecs::png::PngEncoder::new(&mut bytes);
        image::ImageEncoder::write_image(encoder, pixels, width, height, color).unwrap();
        bytes
    }

    fn grey(width: u32, height: u32) -> Vec<u8> {
        let pixels: Vec<u8> = (0..width * height)
            .map(|pixel| (pixel * 51) as u8)
            .collect();
        png(width, height, image::ExtendedColorType::L8, &pixels)
    }

    #[test]
    fn pixels_stand_row_by_row_in_every_layout() {
        for shape in [&[1, 1, 2, 3][..], &[1, 2, 3, 1], &[2, 3], &[1, 6], &[6]] {
            let (tensor, _) = read(&grey(3, 2), &spec("x", shape), ImageScale::Raw).unwrap();
            assert_eq!(tensor.shape, shape);
            assert_eq!(
                tensor.values,
                Values::Whole(vec![0, 51, 102, 153, 204, 255])
            );
        }
    }

    #[test]
    fn the_declared_range_decides_the_scale() {
        let with_range = |hi| InputSpec {
            range: Some(ValueRange { lo: 0.0, hi }),
            ..spec("x", &[1, 2])
        };
        let (unit, note) = read(&grey(2, 1), &with_range(1.0), ImageScale::Auto).unwrap();
        assert_eq!(unit.values, Values::Real(vec![0.0, 0.2]));
        assert_eq!(
            note.unwrap(),
            "pixels of the image are divided by 255, so from 0 to 1, to match the declared range 0:1"
        );
        let (raw, _) = read(&grey(2, 1), &with_range(255.0), ImageScale::Auto).unwrap();
        assert_eq!(raw.values, Values::Whole(vec![0, 51]));
        let (raw, note) = read(&grey(2, 1), &spec("x", &[1, 2]), ImageScale::Auto).unwrap();
        assert_eq!(raw.values, Values::Whole(vec![0, 51]));
        assert!(
            note.unwrap()
                .ends_with("0 to 255; `--image-scale unit` divides them by 255")
        );
        let (_, note) = read(&grey(2, 1), &spec("x", &[1, 2]), ImageScale::Raw).unwrap();
        assert_eq!(note, None);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let message = |bytes: &[u8], shape: &[usize]| {
            read(bytes, &spec("x", shape), ImageScale::Auto)
                .unwrap_err()
                .message()
                .to_owned()
        };
        let rgb = png(1, 2, image::ExtendedColorType::Rgb8, &[0; 6]);
        assert_eq!(message(&rgb, &[2, 1]), "the image is in colour");
        let alpha = png(1, 2, image::ExtendedColorType::La8, &[0; 4]);
        assert_eq!(message(&alpha, &[2, 1]), "the image has transparency");
        let deep = png(1, 2, image::ExtendedColorType::L16, &[0; 4]);
        assert_eq!(message(&deep, &[2, 1]), "the image has 16 bits per pixel");
        assert_eq!(
            message(&grey(3, 2), &[1, 1, 3, 2]),
            "the image has 3 x 2 pixels, but input \"x\" of shape [1, 1, 3, 2] takes 2 x 3"
        );
        assert_eq!(
            message(&grey(3, 2), &[2, 3, 4]),
            "input \"x\" of shape [2, 3, 4] is not one grey image"
        );
    }

    /// A picture of 8 x 2 pixels, of one bit each: the encoder at hand writes whole bytes only.
    fn one_bit() -> Vec<u8> {
        fn crc(bytes: &[u8]) -> u32 {
            !bytes.iter().fold(!0u32, |crc, byte| {
                (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                    (crc >> 1) ^ (0xedb8_8320 * (crc & 1))
                })
            })
        }
        let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
        let header = [0, 0, 0, 8, 0, 0, 0, 2, 1, 0, 0, 0, 0];
        // One stored block with a filter byte and a byte of pixels per row.
        let data = [
            0x78, 1, 1, 4, 0, 0xfb, 0xff, 0, 0xaa, 0, 0x55, 0x02, 0x57, 0x01, 0x00,
        ];
        for (kind, body) in [(b"IHDR", &header[..]), (b"IDAT", &data), (b"IEND", &[])] {
            bytes.extend((body.len() as u32).to_be_bytes());
            let chunk = [&kind[..], body].concat();
            bytes.extend(&chunk);
            bytes.extend(crc(&chunk).to_be_bytes());
        }
        bytes
    }

    #[test]
    fn fewer_than_8_bits_are_refused() {
        let error = read(&one_bit(), &spec("x", &[2, 8]), ImageScale::Raw).unwrap_err();
        assert_eq!(error.message(), "the image has fewer than 8 bits per pixel");
    }

    #[test]
    fn a_wrong_checksum_is_said_in_words() {
        let mut bytes = grey(3, 2);
        // Of the header.
        bytes[30] ^= 1;
        let error = read(&bytes, &spec("x", &[2, 3]), ImageScale::Raw).unwrap_err();
        assert!(error.message().contains("CRC error"), "{error}");
        assert!(!error.message().contains(['{', '}']), "{error}");
    }

    #[test]
    fn broken_files_are_refused() {
        let whole = grey(3, 2);
        for length in 0..whole.len() - 12 {
            let error = read(&whole[..length], &spec("x", &[2, 3]), ImageScale::Raw).unwrap_err();
            assert!(
                error.message().starts_with("not a readable PNG image"),
                "{length}: {error}"
            );
        }
    }
}
