//! A drawing of a function, what stands for it, and how far that is off.

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

use crate::error::{Error, Result};
use crate::output::{Access, OutputFile};

/// Size of the drawing in pixels.
const SIZE: (u32, u32) = (900, 620);

/// Points of a line.
const POINTS: usize = 1200;

/// A function on an interval, and what stands for it.
pub(super) struct Drawing<'a> {
    /// What the drawing shows.
    pub(super) title: String,
    pub(super) domain: [f64; 2],
    pub(super) function: Curve<'a>,
    pub(super) approximation: Curve<'a>,
    /// The greatest error, which the lower panel has room for.
    pub(super) max_error: f64,
}

/// A real function in double precision.
pub(super) type Curve<'a> = Box<dyn Fn(f64) -> f64 + 'a>;

type Points = Vec<(f64, f64)>;

impl Drawing<'_> {
    /// Writes the drawing as SVG.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let output = OutputFile::create(path, Access::Ordinary)?;
        let mut text = String::new();
        {
            let area = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
            self.draw(&area)
                .map_err(|e| Error::bug(format!("the drawing failed: {e}")))?;
        }
        output.commit(text.as_bytes())
    }

    fn points(&self, value: impl Fn(f64) -> f64) -> Points {
        let [lo, hi] = self.domain;
        let points = (0..=POINTS).map(|i| {
            // At the ends exactly there.
            let part = i as f64 / POINTS as f64;
            lo * (1.0 - part) + hi * part
        });
        let points = points.map(|x| (x, value(x)));
        points.filter(|(_, y)| y.is_finite()).collect()
    }

    fn draw(
        &self,
        area: &DrawingArea<SVGBackend<'_>, Shift>,
    ) -> std::result::Result<(), Box<dyn std::error::Error>> {
        area.fill(&WHITE)?;
        let area = area.titled(&self.title, ("sans-serif", 18))?;
        let (upper, lower) = area.split_vertically(SIZE.1 * 11 / 20);
        let function = self.points(&self.function);
        let approximation = self.points(&self.approximation);
        let error = self.points(|x| (self.approximation)(x) - (self.function)(x));
        let values = function.iter().chain(&approximation).map(|(_, y)| *y);
        let (least, most) = values.fold((f64::MAX, f64::MIN), |(a, b), y| (a.min(y), b.max(y)));
        let margin = ((most - least) / 20.0).max(f64::MIN_POSITIVE);
        let [lo, hi] = self.domain;
        let mut chart = ChartBuilder::on(&upper)
            .margin(12)
            .x_label_area_size(24)
            .y_label_area_size(72)
            .build_cartesian_2d(lo..hi, least - margin..most + margin)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .draw()?;
        for (points, name, color) in [
            (function, "function", BLACK),
            (approximation, "approximation", RED),
        ] {
            chart
                .draw_series(LineSeries::new(points, color.stroke_width(2)))?
                .label(name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color));
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE)
            .border_style(BLACK)
            .draw()?;
        let most = (self.max_error * 1.1).max(f64::MIN_POSITIVE);
        let mut chart = ChartBuilder::on(&lower)
            .margin(12)
            .x_label_area_size(24)
            .y_label_area_size(72)
            .build_cartesian_2d(lo..hi, -most..most)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .y_label_formatter(&|y| format!("{y:.1e}"))
            .y_desc("error")
            .draw()?;
        chart.draw_series(LineSeries::new(error, BLUE.stroke_width(1)))?;
        area.present()?;
        Ok(())
    }
}
