//! Where the windows of convolutions and pooling lie.

use super::shape::{Invalid, MAX_ELEMENTS, invalid};
use std::ops::Range;
use zkc_support::Op;

/// The windows along one spatial axis, with the padding resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    /// Extent of the operand.
    pub input: i64,
    /// Elements of a window.
    pub kernel: i64,
    /// Distance between windows.
    pub stride: i64,
    /// Distance between the elements of a window.
    pub dilation: i64,
    /// Padding before the operand.
    pub before: i64,
    /// Padding after the operand that the model states; counted by an average over the padding.
    pub after: i64,
    /// Number of windows.
    pub windows: i64,
}

impl Axis {
    /// Distance between the first and the last element of a window, plus one.
    pub fn extent(&self) -> i64 {
        self.dilation * (self.kernel - 1) + 1
    }

    /// Position of an element of a window in the operand; outside of it is padding.
    pub fn position(&self, window: i64, element: i64) -> i64 {
        window * self.stride + element * self.dilation - self.before
    }

    /// Elements of a window that lie in the operand.
    pub fn inside(&self, window: i64) -> i64 {
        let elements = self.elements_inside(window);
        elements.end - elements.start
    }

    /// The elements of a window that lie in the operand, by their number in the window.
    pub fn elements_inside(&self, window: i64) -> Range<i64> {
        self.within(window, 0, self.input)
    }

    /// Elements of a window that lie in the operand or its stated padding.
    pub fn inside_padding(&self, window: i64) -> i64 {
        let elements = self.within(window, -self.before, self.input + self.after);
        elements.end - elements.start
    }

    fn within(&self, window: i64, from: i64, to: i64) -> Range<i64> {
        let start = self.position(window, 0);
        // The first element at or behind a position.
        let first = |p: i64| {
            let distance = p - start;
            (distance.div_euclid(self.dilation) + i64::from(distance % self.dilation != 0))
                .clamp(0, self.kernel)
        };
        first(from)..first(to)
    }

    /// Padding after the operand with which rounding down gives this number of windows.
    ///
    /// That is what the model states, unless it rounds the number up: then the last window reaches
    /// further, or what follows the last window would hold another one.
    pub fn reach(&self) -> i64 {
        let last = (self.windows - 1) * self.stride + self.extent() - self.input - self.before;
        if self.after < last + self.stride {
            self.after.max(last)
        } else {
            last.max(0)
        }
    }
}

/// The windows of an operation on an operand with the given spatial extents and kernel.
///
/// # Errors
/// When an attribute has the wrong length or a window does not fit.
pub fn windows(op: &Op, input: &[i64], kernel: &[i64]) -> Result<Vec<Axis>, Invalid> {
    let rank = input.len();
    let list = |name: &str, n: usize, default: i64| -> Result<Vec<i64>, Invalid> {
        let list = op.ints(name).unwrap_or_else(|| vec![default; n]);
        // Numbers of 32 bits keep the arithmetic below from overflowing.
        if list.len() != n
            || list
                .iter()
                .any(|v| !(default..=i64::from(i32::MAX)).contains(v))
        {
            invalid!(
                "attribute `{name}` must hold {n} 32-bit integers not below {default}, found {list:?}"
            );
        }
        Ok(list)
    };
    let strides = list("strides", rank, 1)?;
    let dilations = list("dilations", rank, 1)?;
    let pads = list("pads", 2 * rank, 0)?;
    let auto = op.str("auto_pad").unwrap_or("NOTSET");
    let ceil = op.int("ceil_mode").unwrap_or(0) == 1;
    let kernel_ok = |k: &i64| (1..=i64::from(i32::MAX)).contains(k);
    let input_ok = |d: &i64| (0..=MAX_ELEMENTS as i64).contains(d);
    if kernel.len() != rank || !kernel.iter().all(kernel_ok) || !input.iter().all(input_ok) {
        invalid!("kernel {kernel:?} does not suit spatial extents {input:?}");
    }
    (0..rank)
        .map(|i| {
            let mut axis = Axis {
                input: input[i],
                kernel: kernel[i],
                stride: strides[i],
                dilation: dilations[i],
                before: 0,
                after: 0,
                windows: 0,
            };
            if matches!(auto, "SAME_UPPER" | "SAME_LOWER") {
                axis.windows = (axis.input + axis.stride - 1) / axis.stride;
                let last = (axis.windows - 1) * axis.stride + axis.extent();
                let total = (last - axis.input).max(0);
                let less = total / 2;
                (axis.before, axis.after) = match auto {
                    "SAME_UPPER" => (less, total - less),
                    _ => (total - less, less),
                };
                return Ok(axis);
            }
            if auto != "VALID" {
                (axis.before, axis.after) = (pads[i], pads[i + rank]);
            }
            let room = axis.input + axis.before + axis.after - axis.extent();
            if room < 0 {
                invalid!(
                    "a window of extent {} does not fit into spatial axis {i}, which has {} elements \
                     with its padding",
                    axis.extent(),
                    axis.input + axis.before + axis.after
                );
            }
            axis.windows = room / axis.stride + 1;
            if ceil && auto != "VALID" {
                axis.windows += i64::from(room % axis.stride != 0);
                // A window that would start behind the operand is left out.
                if (axis.windows - 1) * axis.stride >= axis.input + axis.before {
                    axis.windows -= 1;
                }
            }
            Ok(axis)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Axis;

    #[test]
    fn elements_inside_are_those_whose_position_is() {
        let axis = Axis {
            input: 5,
            kernel: 3,
            stride: 2,
            dilation: 3,
            before: 4,
            after: 2,
            windows: 3,
        };
        for dilation in 1..5 {
            let axis = Axis { dilation, ..axis };
            for window in 0..6 {
                let by_position = |from: i64, to: i64| {
                    let at = |e: &i64| (from..to).contains(&axis.position(window, *e));
                    (0..axis.kernel).filter(at).collect::<Vec<_>>()
                };
                let inside = axis.elements_inside(window);
                assert!(inside.eq(by_position(0, 5)), "{axis:?} {window}");
                let padded = by_position(-4, 7).len() as i64;
                assert_eq!(axis.inside_padding(window), padded, "{axis:?} {window}");
            }
        }
    }

    #[test]
    fn reach_is_the_padding_for_rounding_down() {
        let mut axis = Axis {
            input: 0,
            kernel: 0,
            stride: 0,
            dilation: 1,
            before: 0,
            after: 0,
            windows: 0,
        };
        for (input, kernel, stride, before, after) in (0..7i64.pow(5)).map(|n| {
            (
                n % 7 + 1,
                n / 7 % 7 + 1,
                n / 49 % 7 + 1,
                n / 343 % 7,
                n / 2401,
            )
        }) {
            let room = input + before + after - kernel;
            if room < 0 || before >= kernel {
                continue;
            }
            let up = (room + stride - 1) / stride + 1;
            for windows in [
                room / stride + 1,
                up - i64::from((up - 1) * stride >= input + before),
            ] {
                axis = Axis {
                    input,
                    kernel,
                    stride,
                    before,
                    after,
                    windows,
                    ..axis
                };
                let padded = input + before + axis.reach() - kernel;
                assert_eq!(padded / stride + 1, windows, "{axis:?}");
                assert!(axis.reach() >= 0 && padded >= 0, "{axis:?}");
            }
        }
    }
}
