//! The sample digits: drawn as text, written as PNG images and as JSON inputs.

use std::{fmt::Write, fs};

use anyhow::{Context, Result, ensure};
use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};

use super::Generated;
use crate::place::Place;

/// Height and width of a digit.
const SIZE: usize = 28;
/// What networks trained on handwritten digits usually subtract from and divide a pixel in [0, 1] by.
const MEAN: f64 = 0.1307;
const DEVIATION: f64 = 0.3081;

pub(super) fn generate(place: &Place) -> Result<Vec<Generated>> {
    let mut files = Vec::new();
    for digit in 0..10 {
        let source = format!("tests/fixtures/digits/{digit}.txt");
        let text = fs::read_to_string(place.file(&source))
            .with_context(|| format!("cannot read {source}"))?;
        let pixels = pixels(&text).with_context(|| source.clone())?;
        let mut png = Vec::new();
        PngEncoder::new(&mut png).write_image(
            &pixels,
            SIZE as u32,
            SIZE as u32,
            ExtendedColorType::L8,
        )?;
        files.push(Generated {
            path: source.replace(".txt", ".png").into(),
            contents: png,
        });
        files.push(Generated::text(
            source.replace(".txt", ".json"),
            json(&pixels),
        ));
    }
    Ok(files)
}

/// The pixels of a drawing: `.` is black, `1` to `9` and `a` to `f` are ever lighter, `f` is white (255).
fn pixels(text: &str) -> Result<Vec<u8>> {
    let mut pixels = Vec::with_capacity(SIZE * SIZE);
    for line in text.lines() {
        ensure!(
            line.len() == SIZE,
            "a line has {} characters, not {SIZE}",
            line.len()
        );
        for character in line.chars() {
            let level = if character == '.' {
                Some(0)
            } else {
                character.to_digit(16)
            };
            let level = level.with_context(|| format!("`{character}` is no grey level"))?;
            pixels.push(17 * level as u8); // a hexadecimal digit is below 16
        }
    }
    ensure!(
        pixels.len() == SIZE * SIZE,
        "the drawing has not {SIZE} lines"
    );
    Ok(pixels)
}

/// The normalised pixels as an input file, a line of the drawing on each line.
fn json(pixels: &[u8]) -> String {
    let mut text = String::from("{\"input_data\": [[\n");
    for (row, line) in pixels.chunks(SIZE).enumerate() {
        let comma = if row + 1 < SIZE { "," } else { "" };
        let numbers: Vec<String> = line
            .iter()
            .map(|&pixel| format!("{:.4}", (f64::from(pixel) / 255.0 - MEAN) / DEVIATION))
            .collect();
        // Writing to a string does not fail.
        let _ = writeln!(text, "{}{comma}", numbers.join(", "));
    }
    text.push_str("]]}\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawings_have_28_lines_of_28_grey_levels() {
        let line = format!("{}f\n", ".".repeat(SIZE - 1));
        let drawn = pixels(&line.repeat(SIZE)).unwrap();
        assert_eq!((drawn[0], drawn[SIZE - 1]), (0, 255));
        assert!(pixels(&line.repeat(SIZE - 1)).is_err());
        assert!(pixels(&line.replace('f', "x").repeat(SIZE)).is_err());
    }
}
