//! `growth DIR [REPEATS]`: measures how the cost of a proof grows with the network, and writes a table and drawings into a folder.
//!
//! Networks with random weights, of which one number grows: the width or depth of a dense network, the channels or the size of
//! the image of a convolutional one, the batch. Each is proven with both commitments by the `zkc` beside this program, three
//! times unless told otherwise, and the least processor time counts, so that others on the machine disturb little. Run it as
//! `RAYON_NUM_THREADS=1 taskset -c 1 growth docs/src/guide/growth`: one thread, on one core.

use std::{
    env, fmt::Write as _, fs, path::Path, process::Command, process::ExitCode, time::Duration,
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use onnx_protobuf::{Message, ModelProto};
use plotters::prelude::*;
use serde_json::Value;
use zkc_tests::{
    networks::{Network, Window, input, mlp},
    process,
};

/// Proofs of each network with each commitment, unless told otherwise.
const REPEATS: usize = 3;

/// The longest that one run may take.
const LIMIT: Duration = Duration::from_secs(900);

const COMMITMENTS: [&str; 2] = ["kzg", "ipa"];

const HEADER: &str = "series,size,commitment,k,advice_phase_0,advice_phase_1,fixed,lookups,\
    prove_cpu_s,prove_s,predicted_prove_s,peak_rss_bytes,predicted_peak_rss_bytes,proof_bytes\n";

/// Networks of which one number grows.
struct Series {
    name: &'static str,
    /// What grows, for the axis.
    axis: &'static str,
    sizes: &'static [i64],
    /// The shape of the input, and the model.
    network: fn(i64) -> (Vec<i64>, ModelProto),
}

const SERIES: [Series; 5] = [
    Series {
        name: "width",
        axis: "width of 4 dense layers",
        sizes: &[25, 50, 100, 150, 200, 300],
        network: |width| {
            let sizes = [&[100], &[width; 4][..], &[10]].concat();
            (vec![1, 100], mlp(21, &sizes))
        },
    },
    Series {
        name: "depth",
        axis: "dense layers of 50",
        sizes: &[2, 4, 8, 12, 16, 24],
        network: |depth| {
            let sizes = [vec![100], vec![50; depth as usize], vec![10]].concat();
            (vec![1, 100], mlp(22, &sizes))
        },
    },
    Series {
        name: "channels",
        axis: "channels of 2 convolutions, 12 x 12",
        sizes: &[2, 4, 6, 8, 12, 16],
        network: |channels| convolutions(23, channels, 12),
    },
    Series {
        name: "image",
        axis: "pixels, 2 convolutions of 4 channels",
        sizes: &[36, 64, 144, 256, 400, 576, 1024],
        network: |pixels| convolutions(24, 4, (pixels as f64).sqrt() as i64),
    },
    Series {
        name: "batch",
        axis: "batch, dense 50-50-10",
        sizes: &[1, 2, 4, 8, 12, 16],
        network: |batch| {
            let shape = vec![batch, 50];
            let (mut network, mut x) = Network::new(25, &shape);
            for size in [50, 50] {
                x = network.dense(&x, size);
                x = network.activation("Relu", &x);
            }
            let y = network.dense(&x, 10);
            (shape, network.finish(&y))
        },
    },
];

/// Two convolutions and relus on a square image.
fn convolutions(seed: u64, channels: i64, size: i64) -> (Vec<i64>, ModelProto) {
    let shape = vec![1, 1, size, size];
    let (mut network, mut x) = Network::new(seed, &shape);
    for _ in 0..2 {
        x = network.conv(&x, channels, 1, &Window::square(3));
        x = network.activation("Relu", &x);
    }
    (shape, network.finish(&x))
}

/// What one network costs with one commitment.
#[derive(Clone, Copy, Debug)]
struct Point {
    size: i64,
    prove_s: f64,
    predicted_s: f64,
    peak_mb: f64,
}

fn main() -> ExitCode {
    zkc_tests::exit_code(run().map(|()| ExitCode::SUCCESS))
}

fn run() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let (folder, repeats) = match &args[..] {
        [folder] => (folder, REPEATS),
        [folder, repeats] => (folder, repeats.parse().context("REPEATS")?),
        _ => bail!("usage: growth DIR [REPEATS]"),
    };
    let folder = Path::new(folder);
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let mut table = HEADER.to_owned();
    for series in &SERIES {
        let mut lines = Vec::new();
        for commitment in COMMITMENTS {
            let mut points = Vec::new();
            for size in series.sizes {
                points.push(measure(series, *size, commitment, repeats, &mut table)?);
            }
            lines.push(points);
        }
        let file = folder.join(format!("{}.svg", series.name));
        draw(&file, series, &lines).map_err(|error| anyhow!("{}: {error}", file.display()))?;
    }
    fs::write(folder.join("growth.csv"), table)?;
    Ok(())
}

/// Proves a network and adds a line to the table.
fn measure(
    series: &Series,
    size: i64,
    commitment: &str,
    repeats: usize,
    table: &mut String,
) -> Result<Point> {
    let work = tempfile::tempdir()?;
    let (shape, model) = (series.network)(size);
    fs::write(work.path().join("model.onnx"), model.write_to_bytes()?)?;
    fs::write(work.path().join("x.pb"), input(0, &shape).write_to_bytes()?)?;
    let zkc = env::current_exe()?.with_file_name("zkc");
    let mut best: Option<Value> = None;
    for _ in 0..repeats {
        let mut command = Command::new(&zkc);
        command.current_dir(work.path()).args([
            "run",
            "model.onnx",
            "--input",
            "x.pb",
            "--input-range",
            "-1:1",
            "--backend",
            "halo2-axiom",
            "--json",
            "--commitment",
            commitment,
        ]);
        if commitment == "kzg" {
            command.arg("--insecure-srs");
        }
        let done = process::run(&mut command, LIMIT)?;
        ensure!(done.success(), "zkc run {}\n{}", done.status(), done.stderr);
        let report: Value = serde_json::from_str(&done.stdout)?;
        let seconds = |report: &Value| report["prove_cpu_s"].as_f64().unwrap_or(f64::INFINITY);
        if best
            .as_ref()
            .is_none_or(|best| seconds(&report) < seconds(best))
        {
            best = Some(report);
        }
    }
    let report = best.context("nothing was measured")?;
    let number = |name: &str| -> Result<f64> {
        let value = report[name].as_f64();
        value.with_context(|| format!("the report has no number `{name}`"))
    };
    let phases = &report["advice_phases"];
    let point = Point {
        size,
        prove_s: number("prove_cpu_s")?,
        predicted_s: number("predicted_prove_s")?,
        peak_mb: number("peak_rss_bytes")? / 1e6,
    };
    writeln!(
        table,
        "{},{size},{commitment},{},{},{},{},{},{:.4},{:.4},{:.4},{},{},{}",
        series.name,
        report["k"],
        phases[0],
        phases[1].as_u64().unwrap_or(0),
        report["fixed"],
        report["lookups"],
        point.prove_s,
        number("prove_s")?,
        point.predicted_s,
        report["peak_rss_bytes"],
        report["predicted_peak_rss_bytes"],
        report["proof_bytes"],
    )?;
    eprintln!(
        "{} {size} {commitment}: {:.3} s, predicted {:.3} s, {:.0} MB",
        series.name, point.prove_s, point.predicted_s, point.peak_mb
    );
    Ok(point)
}

/// Draws time and memory against the size, a line for each commitment, and the prediction of the time as dots.
fn draw(
    file: &Path,
    series: &Series,
    lines: &[Vec<Point>],
) -> Result<(), Box<dyn std::error::Error>> {
    const COLORS: [RGBColor; 2] = [BLUE, RED];
    let all = || lines.iter().flatten();
    let greatest = |value: fn(&Point) -> f64| all().map(value).fold(0.0, f64::max) * 1.1;
    let sizes = 0.0..greatest(|point| point.size as f64);
    let area = SVGBackend::new(file, (900, 340)).into_drawing_area();
    area.fill(&WHITE)?;
    let halves = area.split_evenly((1, 2));
    type Measure = fn(&Point) -> f64;
    let panels: [(&str, Measure); 2] = [
        ("processor seconds", |point| {
            point.prove_s.max(point.predicted_s)
        }),
        ("peak memory, MB", |point| point.peak_mb),
    ];
    for (place, (half, (title, top))) in halves.iter().zip(panels).enumerate() {
        let mut chart = ChartBuilder::on(half)
            .margin(12)
            .x_label_area_size(36)
            .y_label_area_size(48)
            .build_cartesian_2d(sizes.clone(), 0.0..greatest(top))?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .x_desc(series.axis)
            .y_desc(title)
            .draw()?;
        for ((points, commitment), color) in lines.iter().zip(COMMITMENTS).zip(COLORS) {
            let value: Measure = match place {
                0 => |point| point.prove_s,
                _ => |point| point.peak_mb,
            };
            let line = points.iter().map(|point| (point.size as f64, value(point)));
            chart
                .draw_series(LineSeries::new(line, color.stroke_width(2)).point_size(3))?
                .label(commitment)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color));
            if place == 0 {
                let dots = points.iter();
                let dots = dots.map(|point| (point.size as f64, point.predicted_s));
                chart.draw_series(dots.map(|dot| Circle::new(dot, 4, color)))?;
            }
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE)
            .border_style(BLACK)
            .draw()?;
    }
    area.present()?;
    Ok(())
}
