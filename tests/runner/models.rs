//! The fixture models with their sample inputs and the outputs that a float runtime computed.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::{files_below, fixtures, tensor::Tensor};

/// The folder of the fixture models.
pub fn folder() -> PathBuf {
    fixtures().join("models")
}

/// A model that must compile, and what its proofs are held to.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// The folder below `fixtures/models`.
    pub name: &'static str,
    /// Whether the output is one score per class, so that the greatest one must not change.
    pub classes: bool,
    /// The range of the outputs, which errors are compared with: [0, 1] where the model ends in a probability,
    /// otherwise what the stored outputs of all its samples span.
    pub output_range: (f64, f64),
}

/// Largest absolute error allowed, in parts of the output's range.
pub const TOLERANCE: f64 = 0.01;

/// All models, the quickest first.
pub const MODELS: [Model; 8] = [
    Model {
        name: "sine_mlp",
        classes: false,
        output_range: (-0.92, 1.06),
    },
    Model {
        name: "iris_logreg",
        classes: true,
        output_range: (0.0, 1.0),
    },
    Model {
        name: "keras_mlp_sigmoid",
        classes: false,
        output_range: (0.0, 1.0),
    },
    Model {
        name: "lenet_2_4_8",
        classes: true,
        output_range: (-7.44, 9.98),
    },
    Model {
        name: "lenet_4_8_32",
        classes: true,
        output_range: (-11.85, 12.85),
    },
    Model {
        name: "onnxmlir_mnist",
        classes: true,
        output_range: (0.0, 1.0),
    },
    Model {
        name: "onnx2c_mnist_mlp_bn",
        classes: true,
        output_range: (-17.61, 39.15),
    },
    Model {
        name: "mnist8_cnn",
        classes: true,
        output_range: (-3568.9, 6574.6),
    },
];

/// One input of a model with the output that belongs to it.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The model.
    pub model: Model,
    /// Which of the model's samples, from 0 on.
    pub index: usize,
    /// `model.onnx`.
    pub onnx: PathBuf,
    /// The folder with `input_0.pb` and `output_0.pb`.
    pub folder: PathBuf,
}

impl Sample {
    /// The input tensor.
    ///
    /// # Errors
    /// When its file cannot be read.
    pub fn input(&self) -> Result<Tensor> {
        Tensor::read(&self.folder.join("input_0.pb"))
    }

    /// The output that a float runtime computed.
    ///
    /// # Errors
    /// When its file cannot be read.
    pub fn output(&self) -> Result<Tensor> {
        Tensor::read(&self.folder.join("output_0.pb"))
    }
}

impl Model {
    /// The largest absolute error that an output may have.
    pub fn tolerance(&self) -> f64 {
        TOLERANCE * (self.output_range.1 - self.output_range.0)
    }

    /// The samples of this model.
    ///
    /// # Errors
    /// When its folder cannot be read or holds no sample.
    pub fn samples(&self) -> Result<Vec<Sample>> {
        let root = folder().join(self.name);
        let count = files_below(&root)
            .with_context(|| format!("cannot list {}", root.display()))?
            .iter()
            .filter(|path| path.ends_with("input_0.pb"))
            .count();
        anyhow::ensure!(count > 0, "{} has no samples", root.display());
        let sample = |index| Sample {
            model: *self,
            index,
            onnx: root.join("model.onnx"),
            folder: root.join(format!("test_data_set_{index}")),
        };
        Ok((0..count).map(sample).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_outputs_lie_in_the_stated_range() {
        for model in MODELS {
            let (lo, hi) = model.output_range;
            for sample in model.samples().unwrap() {
                let output = sample.output().unwrap();
                let slack = model.tolerance();
                let inside = |v: &f32| (lo - slack..=hi + slack).contains(&f64::from(*v));
                assert!(
                    output.values.iter().all(inside),
                    "{} {}",
                    model.name,
                    sample.index
                );
                assert_eq!(
                    sample.input().unwrap().shape[0],
                    1,
                    "{}: the batch is 1",
                    model.name
                );
            }
        }
    }
}
