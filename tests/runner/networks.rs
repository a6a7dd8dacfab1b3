//! Networks with random weights, as ONNX models: what is measured, and what is tried.
//!
//! Weights are drawn with the variance of He et al., *Delving deep into rectifiers* (2015): 2 / fan-in. Everything
//! follows from a seed, so a model is the same on every machine.

use onnx_protobuf::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    ValueInfoProto, attribute_proto::AttributeType, tensor_shape_proto::Dimension, type_proto,
};
use zkc_backend_testing::Random;

/// Number of the element type of floats.
const FLOAT: i32 = 1;

/// How a window moves.
#[derive(Clone, Debug)]
pub struct Window {
    /// Extents along the spatial axes.
    pub kernel: Vec<i64>,
    /// Steps.
    pub strides: Vec<i64>,
    /// Zeros in front of each axis, then behind each.
    pub pads: Vec<i64>,
    /// Distances of taps.
    pub dilations: Vec<i64>,
}

impl Window {
    /// A square window with stride 1 and no padding.
    pub fn square(size: i64) -> Self {
        Self {
            kernel: vec![size; 2],
            strides: vec![1; 2],
            pads: vec![0; 4],
            dilations: vec![1; 2],
        }
    }

    /// The same with other strides.
    pub fn strided(mut self, stride: i64) -> Self {
        self.strides.fill(stride);
        self
    }

    /// The same with zeros on all sides.
    pub fn padded(mut self, pad: i64) -> Self {
        self.pads.fill(pad);
        self
    }

    fn output(&self, axis: usize, extent: i64) -> i64 {
        let covered = self.dilations[axis] * (self.kernel[axis] - 1) + 1;
        let padded = extent + self.pads[axis] + self.pads[axis + self.kernel.len()];
        (padded - covered) / self.strides[axis] + 1
    }

    /// Whether it fits into an image.
    pub fn fits(&self, image: &[i64]) -> bool {
        (0..image.len()).all(|axis| self.output(axis, image[axis]) > 0)
    }
}

/// A value of a network: its name and shape.
#[derive(Clone, Debug)]
pub struct Tensor {
    name: String,
    /// Extents, with the batch first.
    pub shape: Vec<i64>,
}

/// A network under construction.
#[derive(Debug)]
pub struct Network {
    graph: GraphProto,
    random: Random,
}

impl Network {
    /// A network with one input.
    pub fn new(seed: u64, input: &[i64]) -> (Self, Tensor) {
        let mut graph = GraphProto::new();
        graph.name = "network".into();
        graph.input.push(value("x", input));
        let network = Self {
            graph,
            random: Random(seed),
        };
        let x = Tensor {
            name: "x".into(),
            shape: input.to_vec(),
        };
        (network, x)
    }

    /// A further input.
    pub fn input(&mut self, name: &str, shape: &[i64]) -> Tensor {
        self.graph.input.push(value(name, shape));
        Tensor {
            name: name.into(),
            shape: shape.to_vec(),
        }
    }

    fn node(
        &mut self,
        op: &str,
        inputs: &[&str],
        shape: Vec<i64>,
        attributes: Vec<AttributeProto>,
    ) -> Tensor {
        let name = format!("{}_{}", op.to_lowercase(), self.graph.node.len());
        let mut node = NodeProto::new();
        node.op_type = op.into();
        node.name.clone_from(&name);
        node.input = inputs.iter().map(|i| (*i).to_string()).collect();
        node.output = vec![name.clone()];
        node.attribute = attributes;
        self.graph.node.push(node);
        Tensor { name, shape }
    }

    fn weights(&mut self, dims: &[i64], deviation: f64) -> String {
        let name = format!("w_{}", self.graph.initializer.len());
        let count: i64 = dims.iter().product();
        let mut bytes = Vec::with_capacity(4 * count as usize);
        for _ in 0..count {
            let value = (self.random.normal() * deviation) as f32;
            bytes.extend_from_slice(&value.to_le_bytes());
        }
        self.graph.initializer.push(TensorProto {
            name: name.clone(),
            dims: dims.to_vec(),
            data_type: FLOAT,
            raw_data: bytes,
            ..TensorProto::default()
        });
        name
    }

    /// A dense layer of a vector per sample.
    pub fn dense(&mut self, x: &Tensor, outputs: i64) -> Tensor {
        let inputs = x.shape[1];
        let w = self.weights(&[inputs, outputs], (2.0 / inputs as f64).sqrt());
        let b = self.weights(&[outputs], 0.05);
        let shape = vec![x.shape[0], outputs];
        self.node("Gemm", &[&x.name, &w, &b], shape, Vec::new())
    }

    /// The product of two matrices, or of as many pairs of them as both have, with the last two axes for rows and columns.
    pub fn product(&mut self, a: &Tensor, b: &Tensor) -> Tensor {
        let rank = a.shape.len();
        let mut shape = a.shape.clone();
        shape[rank - 1] = b.shape[rank - 1];
        self.node("MatMul", &[&a.name, &b.name], shape, Vec::new())
    }

    /// The same linear map of every row.
    pub fn projection(&mut self, x: &Tensor, outputs: i64) -> Tensor {
        let rank = x.shape.len();
        let inputs = x.shape[rank - 1];
        let w = self.weights(&[inputs, outputs], (0.5 / inputs as f64).sqrt());
        let mut shape = x.shape.clone();
        shape[rank - 1] = outputs;
        self.node("MatMul", &[&x.name, &w], shape, Vec::new())
    }

    /// Rows and columns exchanged.
    pub fn transpose(&mut self, x: &Tensor) -> Tensor {
        let rank = x.shape.len();
        let mut order: Vec<i64> = (0..rank as i64).collect();
        order.swap(rank - 2, rank - 1);
        let mut shape = x.shape.clone();
        shape.swap(rank - 2, rank - 1);
        self.node("Transpose", &[&x.name], shape, vec![ints("perm", &order)])
    }

    /// A convolution.
    pub fn conv(&mut self, x: &Tensor, channels: i64, group: i64, window: &Window) -> Tensor {
        let taps: i64 = window.kernel.iter().product();
        let fan_in = x.shape[1] / group * taps;
        let dims = [&[channels, x.shape[1] / group], &window.kernel[..]].concat();
        let w = self.weights(&dims, (2.0 / fan_in as f64).sqrt());
        let b = self.weights(&[channels], 0.05);
        let mut shape = vec![x.shape[0], channels];
        shape.extend((2..x.shape.len()).map(|i| window.output(i - 2, x.shape[i])));
        let attributes = vec![
            ints("kernel_shape", &window.kernel),
            ints("strides", &window.strides),
            ints("pads", &window.pads),
            ints("dilations", &window.dilations),
            int("group", group),
        ];
        self.node("Conv", &[&x.name, &w, &b], shape, attributes)
    }

    /// `MaxPool` or `AveragePool`, the latter without counting what is padded.
    pub fn pool(&mut self, op: &str, x: &Tensor, window: &Window) -> Tensor {
        let mut shape = x.shape[..2].to_vec();
        shape.extend((2..x.shape.len()).map(|i| window.output(i - 2, x.shape[i])));
        let attributes = vec![
            ints("kernel_shape", &window.kernel),
            ints("strides", &window.strides),
            ints("pads", &window.pads),
        ];
        self.node(op, &[&x.name], shape, attributes)
    }

    /// `Relu`, `Sigmoid`, `Tanh`, ...
    pub fn activation(&mut self, op: &str, x: &Tensor) -> Tensor {
        self.node(op, &[&x.name], x.shape.clone(), Vec::new())
    }

    /// The sum of two tensors of one shape.
    pub fn add(&mut self, a: &Tensor, b: &Tensor) -> Tensor {
        self.node("Add", &[&a.name, &b.name], a.shape.clone(), Vec::new())
    }

    /// Tensors side by side along the channels.
    pub fn concat(&mut self, parts: &[&Tensor]) -> Tensor {
        let mut shape = parts[0].shape.clone();
        shape[1] = parts.iter().map(|p| p.shape[1]).sum();
        let names: Vec<&str> = parts.iter().map(|p| p.name.as_str()).collect();
        self.node("Concat", &names, shape, vec![int("axis", 1)])
    }

    /// A vector per sample.
    pub fn flatten(&mut self, x: &Tensor) -> Tensor {
        let shape = vec![x.shape[0], x.shape[1..].iter().product()];
        self.node("Flatten", &[&x.name], shape, vec![int("axis", 1)])
    }

    /// The model with one output.
    pub fn finish(mut self, y: &Tensor) -> ModelProto {
        self.graph.output.push(value(&y.name, &y.shape));
        let mut opset = OperatorSetIdProto::new();
        opset.version = 17;
        ModelProto {
            ir_version: 8,
            producer_name: "zkc".into(),
            opset_import: vec![opset],
            graph: Some(self.graph).into(),
            ..ModelProto::default()
        }
    }
}

fn value(name: &str, shape: &[i64]) -> ValueInfoProto {
    let mut tensor = type_proto::Tensor::new();
    tensor.elem_type = FLOAT;
    tensor.shape = Some(Default::default()).into();
    for size in shape {
        let mut dimension = Dimension::new();
        dimension.set_dim_value(*size);
        tensor.shape.mut_or_insert_default().dim.push(dimension);
    }
    let mut value = ValueInfoProto::new();
    value.name = name.into();
    value.type_.mut_or_insert_default().value = Some(type_proto::Value::TensorType(tensor));
    value
}

fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto {
        name: name.into(),
        i: value,
        type_: AttributeType::INT.into(),
        ..AttributeProto::default()
    }
}

fn ints(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto {
        name: name.into(),
        ints: values.to_vec(),
        type_: AttributeType::INTS.into(),
        ..AttributeProto::default()
    }
}

/// A random input of a shape, uniform in [-1, 1], as a tensor file.
pub fn input(seed: u64, shape: &[i64]) -> TensorProto {
    let mut random = Random(seed);
    tensor(shape, || 2.0 * random.uniform() - 1.0)
}

/// The same of numbers of 12 bits: multiples of 2^-12 from -2^-1 to 2^-1 - 2^-12.
fn input_of_12_bits(seed: u64, shape: &[i64]) -> TensorProto {
    let mut random = Random(seed);
    tensor(shape, || random.below(1 << 12) as f64 / 4096.0 - 0.5)
}

fn tensor(shape: &[i64], mut value: impl FnMut() -> f64) -> TensorProto {
    let count: i64 = shape.iter().product();
    let values = (0..count).map(|_| value() as f32);
    TensorProto {
        name: "x".into(),
        dims: shape.to_vec(),
        data_type: FLOAT,
        raw_data: values.flat_map(f32::to_le_bytes).collect(),
        ..TensorProto::default()
    }
}

/// Dense layers of these sizes, the input's first, with relu between them.
pub fn mlp(seed: u64, sizes: &[i64]) -> ModelProto {
    let (mut n, mut x) = Network::new(seed, &[1, sizes[0]]);
    for (i, size) in sizes[1..].iter().enumerate() {
        x = n.dense(&x, *size);
        if i + 2 < sizes.len() {
            x = n.activation("Relu", &x);
        }
    }
    n.finish(&x)
}

/// Two convolutions with maxima, three dense layers.
fn lenet(seed: u64, image: &[i64], channels: [i64; 2], dense: [i64; 3]) -> ModelProto {
    let (mut n, mut x) = Network::new(seed, image);
    for channels in channels {
        x = n.conv(&x, channels, 1, &Window::square(5));
        x = n.activation("Relu", &x);
        x = n.pool("MaxPool", &x, &Window::square(2).strided(2));
    }
    x = n.flatten(&x);
    for (i, size) in dense.into_iter().enumerate() {
        x = n.dense(&x, size);
        if i < 2 {
            x = n.activation("Relu", &x);
        }
    }
    n.finish(&x)
}

fn small_conv(seed: u64) -> ModelProto {
    let (mut n, x) = Network::new(seed, &[1, 3, 8, 8]);
    let x = n.conv(&x, 4, 1, &Window::square(3));
    let x = n.activation("Relu", &x);
    let x = n.conv(&x, 4, 1, &Window::square(3));
    let x = n.activation("Sigmoid", &x);
    n.finish(&x)
}

/// A product of two private matrices. A relu has it held to a range, as a rescale would.
fn private_product(size: i64) -> ModelProto {
    let (mut n, a) = Network::new(8, &[size, size]);
    let b = n.input("y", &[size, size]);
    let c = n.product(&a, &b);
    let y = n.activation("Relu", &c);
    n.finish(&y)
}

/// A model that is measured.
pub struct Measured {
    /// Name of its folder.
    pub name: &'static str,
    /// The network.
    pub model: ModelProto,
    /// A value of each input.
    pub inputs: Vec<TensorProto>,
    /// Declared range of the inputs, as `zkc --input-range` takes it.
    pub range: &'static str,
}

/// The models that are measured.
pub fn measured() -> Vec<Measured> {
    let one = |name, shape: &[i64], model| Measured {
        name,
        model,
        inputs: vec![input(0, shape)],
        range: "-1:1",
    };
    let narrow = mlp(1, &[vec![100], vec![50; 7], vec![10]].concat());
    let wide = mlp(2, &[vec![100], vec![100; 5], vec![10]].concat());
    let deep = mlp(7, &[vec![96], vec![512; 13], vec![10]].concat());
    let digits = [1, 1, 28, 28];
    let photos = [1, 3, 32, 32];
    let size = 64;
    vec![
        one("mlp_7x50", &[1, 100], narrow),
        one("mlp_5x100", &[1, 100], wide),
        one("conv_3x8x8", &[1, 3, 8, 8], small_conv(3)),
        one("lenet", &digits, lenet(4, &digits, [6, 16], [120, 84, 10])),
        one("cifar", &photos, lenet(5, &photos, [6, 16], [120, 84, 10])),
        one(
            "cifar_264k",
            &photos,
            lenet(6, &photos, [16, 32], [256, 128, 10]),
        ),
        one("mlp_3m4", &[1, 96], deep),
        Measured {
            name: "private_product",
            model: private_product(size),
            inputs: vec![
                input_of_12_bits(0, &[size, size]),
                input_of_12_bits(1, &[size, size]),
            ],
            range: "-0.5:0.499755859375",
        },
    ]
}

/// A small network of random structure: dense layers and convolutions with strides, padding, dilations and groups, pools,
/// residual sums, branches, concatenations; every sixth one multiplies computed matrices.
pub fn random(seed: u64) -> (Vec<i64>, ModelProto) {
    let mut random = Random(seed ^ 0x006e_6574_776f_726b);
    if seed % 6 == 5 {
        return attention(seed, &mut random);
    }
    let shape = match random.below(3) {
        0 => vec![1, 3 + random.below(12) as i64],
        _ => vec![
            1,
            1 + random.below(3) as i64,
            4 + random.below(5) as i64,
            4 + random.below(5) as i64,
        ],
    };
    let (mut n, mut x) = Network::new(seed, &shape);
    for _ in 0..2 + random.below(3) {
        x = match x.shape.len() {
            2 => dense_part(&mut n, &mut random, &x),
            _ => image_part(&mut n, &mut random, &x),
        };
    }
    if x.shape.len() > 2 {
        x = n.flatten(&x);
    }
    let outputs = 2 + random.below(4) as i64;
    x = n.dense(&x, outputs);
    (shape, n.finish(&x))
}

/// Linear attention: queries times keys times values, for one matrix or several.
fn attention(seed: u64, random: &mut Random) -> (Vec<i64>, ModelProto) {
    let mut shape = vec![1, 2 + random.below(4) as i64, 2 + random.below(4) as i64];
    if random.below(2) == 0 {
        shape.insert(1, 2 + random.below(2) as i64);
    }
    let (mut n, x) = Network::new(seed, &shape);
    let size = 1 + random.below(4) as i64;
    let [query, key] = [0; 2].map(|_| n.projection(&x, size));
    let value = n.projection(&x, 1 + random.below(3) as i64);
    let key = n.transpose(&key);
    let mut scores = n.product(&query, &key);
    if random.below(2) == 0 {
        scores = n.activation(random.one_of(&["Relu", "Sigmoid"]), &scores);
    }
    let y = n.product(&scores, &value);
    let y = n.flatten(&y);
    let y = n.dense(&y, 2 + random.below(4) as i64);
    (shape, n.finish(&y))
}

fn dense_part(n: &mut Network, random: &mut Random, x: &Tensor) -> Tensor {
    let activation = random.one_of(&["Relu", "Relu", "Sigmoid", "Tanh"]);
    match random.below(3) {
        // A residual sum with three readers.
        0 => {
            let size = x.shape[1];
            let a = n.dense(x, size);
            let a = n.activation(activation, &a);
            let b = n.dense(x, size);
            let sum = n.add(&a, &b);
            let sum = n.add(&sum, x);
            n.activation("Relu", &sum)
        }
        // Two layers side by side.
        1 => {
            let a = n.dense(x, 2 + random.below(6) as i64);
            let a = n.activation(activation, &a);
            let b = n.dense(x, 2 + random.below(6) as i64);
            let b = n.activation("Relu", &b);
            n.concat(&[&a, &b])
        }
        _ => {
            let y = n.dense(x, 2 + random.below(12) as i64);
            n.activation(activation, &y)
        }
    }
}

fn image_part(n: &mut Network, random: &mut Random, x: &Tensor) -> Tensor {
    let channels = x.shape[1];
    let small = x.shape[2..].iter().any(|extent| *extent < 3);
    match random.below(if small { 2 } else { 6 }) {
        0 => {
            let y = n.conv(x, channels, 1, &Window::square(1));
            let y = n.add(&y, x);
            n.activation("Relu", &y)
        }
        1 => {
            let y = n.flatten(x);
            let y = n.dense(&y, 4 + random.below(8) as i64);
            n.activation("Relu", &y)
        }
        // A grouped convolution, strided and padded.
        2 => {
            let window = Window::square(3)
                .strided(1 + random.below(2) as i64)
                .padded(1);
            let y = n.conv(
                x,
                channels * (1 + random.below(2) as i64),
                channels,
                &window,
            );
            n.activation("Relu", &y)
        }
        3 => {
            let mut window = Window::square(2 + random.below(2) as i64)
                .strided(1 + random.below(2) as i64)
                .padded(random.below(2) as i64);
            window.dilations = vec![1 + random.below(2) as i64, 1];
            if !window.fits(&x.shape[2..]) {
                window.dilations.fill(1);
            }
            let y = n.conv(x, 1 + random.below(4) as i64, 1, &window);
            n.activation(random.one_of(&["Relu", "Sigmoid"]), &y)
        }
        4 => {
            let window = Window::square(3)
                .strided(1 + random.below(2) as i64)
                .padded(1);
            n.pool("MaxPool", x, &window)
        }
        // Two branches.
        _ => {
            let a = n.conv(x, 2, 1, &Window::square(3).padded(1));
            let a = n.activation("Relu", &a);
            let b = n.pool("AveragePool", x, &Window::square(3).padded(1));
            n.concat(&[&a, &b])
        }
    }
}
