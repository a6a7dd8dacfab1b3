//! Constant tensors, inline or in a mapped file.

use crate::{
    attributes::as_str,
    cache::cache_dir,
    ffi::{
        mapping::MappedFile,
        records::{as_weights, dense_bytes},
    },
    files::{Writing, describe_io},
    graph::tensor_type,
    pipeline::emit_warning,
};
use melior::{
    Context,
    ir::{
        Attribute, Location, OperationRef, Type,
        attribute::DenseElementsAttribute,
        operation::OperationLike,
        r#type::{IntegerType, RankedTensorType},
    },
};
use std::{
    cell::RefCell,
    collections::HashMap,
    io::{self, Write},
    ops::{Deref, Range},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// Tensors of at most this many elements stand inline in the IR.
pub const INLINE_LIMIT: usize = 1024;

/// What the name of a file begins with that lies in the weight cache, under its BLAKE3 hash.
const CACHED: &str = "blake3:";

/// Element type of a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DType {
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// Signed (or signless) integer of 8, 16, 32 or 64 bits.
    Int(u32),
    /// Unsigned integer of 8, 16, 32 or 64 bits.
    UInt(u32),
    /// Boolean; one byte in a file.
    Bool,
}

impl DType {
    /// Bytes of an element in memory and in files.
    pub fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F64 => 8,
            Self::Int(bits) | Self::UInt(bits) => bits as usize / 8,
            Self::Bool => 1,
        }
    }

    /// The element type that an MLIR type stands for.
    pub fn of(t: Type) -> Option<Self> {
        match t.to_string().as_str() {
            "f32" => Some(Self::F32),
            "f64" => Some(Self::F64),
            "i1" => Some(Self::Bool),
            "i8" => Some(Self::Int(8)),
            "i16" => Some(Self::Int(16)),
            "i32" => Some(Self::Int(32)),
            "i64" => Some(Self::Int(64)),
            "ui8" => Some(Self::UInt(8)),
            "ui16" => Some(Self::UInt(16)),
            "ui32" => Some(Self::UInt(32)),
            "ui64" => Some(Self::UInt(64)),
            _ => None,
        }
    }

    /// The MLIR type.
    pub fn to_type(self, context: &Context) -> Type<'_> {
        match self {
            Self::F32 => Type::float32(context),
            Self::F64 => Type::float64(context),
            Self::Int(bits) => IntegerType::new(context, bits).into(),
            Self::UInt(bits) => IntegerType::unsigned(context, bits).into(),
            Self::Bool => IntegerType::new(context, 1).into(),
        }
    }
}

/// Why a constant cannot be read or stored.
#[derive(Debug, thiserror::Error)]
pub enum ConstantError {
    /// The attribute is no constant tensor.
    #[error("`{0}` is no constant tensor of a supported element type")]
    Kind(String),
    /// The file cannot be mapped.
    #[error("cannot read weights file `{path}`: {}", describe_io(.source))]
    File {
        /// Path as resolved.
        path: PathBuf,
        /// Reason.
        source: std::io::Error,
    },
    /// The reference leaves the file.
    #[error(
        "weights file `{path}` has {have} bytes, but {length} bytes at offset {offset} are needed"
    )]
    Short {
        /// Path as resolved.
        path: PathBuf,
        /// Bytes there are.
        have: u64,
        /// First byte needed.
        offset: u64,
        /// Bytes needed.
        length: u64,
    },
    /// The bytes are not those that were imported.
    #[error("weights file `{0}` has changed since the model was imported: digests differ")]
    Changed(PathBuf),
    /// A file of the weight cache does not hold what its name says.
    #[error(
        "file `{0}` of the weight cache is damaged; it may be deleted, and is made anew when the model is imported again"
    )]
    Damaged(PathBuf),
    /// A float constant where integers are needed, or the like.
    #[error("constant holds {found}, needed {needed}")]
    Type {
        /// What is needed.
        needed: &'static str,
        /// What there is.
        found: String,
    },
}

/// A constant tensor in memory.
#[derive(Clone, Debug)]
pub struct Constant {
    /// Extents.
    pub shape: Vec<i64>,
    /// Element type.
    pub dtype: DType,
    bytes: Bytes,
}

#[derive(Clone, Debug)]
enum Bytes {
    Owned(Vec<u8>),
    File(File, Range<usize>),
}

/// What references to a file are read from.
#[derive(Clone, Debug)]
enum File {
    Mapped(MappedFile),
    Memory(Arc<[u8]>),
}

impl Deref for File {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(file) => file,
            Self::Memory(bytes) => bytes,
        }
    }
}

impl Constant {
    /// The elements, little-endian, in row-major order.
    pub fn bytes(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Owned(b) => b,
            Bytes::File(file, range) => &file[range.clone()],
        }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.bytes().len() / self.dtype.bytes()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.bytes().is_empty()
    }

    /// The elements as doubles; 64-bit integers are rounded to nearest.
    pub fn to_f64(&self) -> Vec<f64> {
        let b = self.bytes();
        match self.dtype {
            // Lossless for both float types.
            DType::F32 => chunks(b, |c| f64::from(f32::from_le_bytes(c))),
            DType::F64 => chunks(b, f64::from_le_bytes),
            _ => self.integers().into_iter().map(|v| v as f64).collect(),
        }
    }

    /// The elements as integers.
    ///
    /// # Errors
    /// When they are floats.
    pub fn to_i128(&self) -> Result<Vec<i128>, ConstantError> {
        if matches!(self.dtype, DType::F32 | DType::F64) {
            return Err(ConstantError::Type {
                needed: "integers",
                found: format!("{:?}", self.dtype),
            });
        }
        Ok(self.integers())
    }

    fn integers(&self) -> Vec<i128> {
        let b = self.bytes();
        match self.dtype {
            DType::Bool => b.iter().map(|v| i128::from(*v != 0)).collect(),
            DType::Int(8) => chunks(b, |c| i128::from(i8::from_le_bytes(c))),
            DType::Int(16) => chunks(b, |c| i128::from(i16::from_le_bytes(c))),
            DType::Int(32) => chunks(b, |c| i128::from(i32::from_le_bytes(c))),
            DType::UInt(8) => chunks(b, |c| i128::from(u8::from_le_bytes(c))),
            DType::UInt(16) => chunks(b, |c| i128::from(u16::from_le_bytes(c))),
            DType::UInt(32) => chunks(b, |c| i128::from(u32::from_le_bytes(c))),
            DType::UInt(_) => chunks(b, |c| i128::from(u64::from_le_bytes(c))),
            _ => chunks(b, |c| i128::from(i64::from_le_bytes(c))),
        }
    }
}

fn chunks<const N: usize, T>(bytes: &[u8], f: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks::<N>().0.iter().map(|c| f(*c)).collect()
}

/// Reads and makes the constants of a module; maps each file once.
#[derive(Debug)]
pub struct Constants {
    data_dir: PathBuf,
    files: RefCell<HashMap<PathBuf, File>>,
}

impl Constants {
    /// For a module whose attribute `onnx.data_dir` names the folder of its weights.
    pub fn of_module(module: OperationRef) -> Self {
        let dir = module
            .attribute("onnx.data_dir")
            .ok()
            .and_then(as_str)
            .unwrap_or(".");
        Self::new(Path::new(dir))
    }

    /// For weights files relative to a folder.
    pub fn new(data_dir: &Path) -> Self {
        Self {
            data_dir: data_dir.into(),
            files: RefCell::default(),
        }
    }

    /// For weights that are at hand: references to `file` read `bytes`.
    pub fn in_memory(file: &str, bytes: Arc<[u8]>) -> Self {
        let constants = Self::new(Path::new("."));
        let path = constants.path(file);
        constants
            .files
            .borrow_mut()
            .insert(path, File::Memory(bytes));
        constants
    }

    /// Path of the file that a reference names.
    pub fn path(&self, file: &str) -> PathBuf {
        match file.strip_prefix(CACHED) {
            Some(hex) => cache_dir().join("weights").join(hex),
            None => self.data_dir.join(file),
        }
    }

    /// Reads a `dense<...>` or `#onnx.weights` attribute.
    ///
    /// # Errors
    /// When it is no constant tensor, or its file is missing, short, changed or damaged.
    pub fn read(&self, a: Attribute) -> Result<Constant, ConstantError> {
        let kind = || ConstantError::Kind(a.to_string().chars().take(80).collect());
        if let Some(w) = as_weights(a) {
            let t = tensor_type(w.r#type).ok_or_else(kind)?;
            let dtype = DType::of(t.element).ok_or_else(kind)?;
            let path = self.path(&w.file);
            let file = self.map(&path)?;
            let short = || ConstantError::Short {
                path: path.clone(),
                have: file.len() as u64,
                offset: w.offset,
                length: w.length,
            };
            // What the user has written and what we have are told apart.
            let is_cached = w.file.starts_with(CACHED);
            let end = w.offset.checked_add(w.length);
            let Some(end) = end.filter(|end| *end <= file.len() as u64) else {
                return Err(match is_cached {
                    true => ConstantError::Damaged(path),
                    false => short(),
                });
            };
            let range = w.offset as usize..end as usize;
            if digest(&file[range.clone()]) != w.digest {
                return Err(match is_cached {
                    true => ConstantError::Damaged(path),
                    false => ConstantError::Changed(path),
                });
            }
            return Ok(Constant {
                shape: t.shape,
                dtype,
                bytes: Bytes::File(file, range),
            });
        }
        let t = DenseElementsAttribute::try_from(a).map_err(|_| kind())?;
        let t = melior::ir::attribute::AttributeLike::r#type(&t);
        let t = tensor_type(t).ok_or_else(kind)?;
        let dtype = DType::of(t.element).ok_or_else(kind)?;
        let n = t.elements().ok_or_else(kind)?;
        let (mut bytes, splat) = dense_bytes(a, dtype.bytes()).ok_or_else(kind)?;
        if splat && n != 1 {
            bytes = bytes.repeat(n);
        }
        Ok(Constant {
            shape: t.shape,
            dtype,
            bytes: Bytes::Owned(bytes),
        })
    }

    fn map(&self, path: &Path) -> Result<File, ConstantError> {
        if let Some(file) = self.files.borrow().get(path) {
            return Ok(file.clone());
        }
        let file = MappedFile::open(path).map_err(|source| ConstantError::File {
            path: path.into(),
            source,
        })?;
        let file = File::Mapped(file);
        self.files.borrow_mut().insert(path.into(), file.clone());
        Ok(file)
    }

    /// Makes the attribute of a constant: inline when small, otherwise a blob in the cache that
    /// is named by its content.
    ///
    /// Where the cache cannot be written, large constants stand inline too, and a warning says so
    /// once for the process.
    ///
    /// # Errors
    /// When the attribute cannot be made.
    pub fn make<'c>(
        &self,
        context: &'c Context,
        shape: &[i64],
        dtype: DType,
        bytes: &[u8],
    ) -> Result<Attribute<'c>, ConstantError> {
        let dims: Vec<u64> = shape.iter().map(|d| *d as u64).collect();
        let t: Type = RankedTensorType::new(&dims, dtype.to_type(context), None).into();
        if bytes.len() / dtype.bytes() <= INLINE_LIMIT {
            return Ok(inline(t, dtype, bytes));
        }
        let hash = blake3::hash(bytes).to_hex();
        let folder = cache_dir().join("weights");
        if let Err(error) = store(&folder, hash.as_str(), bytes) {
            warn_once(context, &folder, &error);
            return Ok(inline(t, dtype, bytes));
        }
        let text = format!(
            "#onnx.weights<\"{CACHED}{hash}\", offset = 0, length = {}, digest = \"{}\"> : {t}",
            bytes.len(),
            digest(bytes),
        );
        Attribute::parse(context, &text).ok_or(ConstantError::Kind(text))
    }

    /// Makes an integer constant in the narrowest of the types i8, i16, i32, i64 that holds it;
    /// inline constants are always i64.
    ///
    /// # Errors
    /// When a value needs more than 64 bits.
    pub fn make_integers<'c>(
        &self,
        context: &'c Context,
        shape: &[i64],
        values: &[i128],
    ) -> Result<Attribute<'c>, ConstantError> {
        let fits = |bits: u32| {
            let half = 1i128 << (bits - 1);
            values.iter().all(|v| (-half..half).contains(v))
        };
        let small = values.len() <= INLINE_LIMIT;
        let bits = if small {
            Some(64)
        } else {
            [8, 16, 32, 64].into_iter().find(|b| fits(*b))
        };
        let Some(bits) = bits.filter(|b| fits(*b)) else {
            return Err(ConstantError::Type {
                needed: "integers of 64 bits",
                found: "a wider integer".into(),
            });
        };
        let width = bits as usize / 8;
        let mut bytes = Vec::with_capacity(values.len() * width);
        for v in values {
            bytes.extend_from_slice(&v.to_le_bytes()[..width]);
        }
        self.make(context, shape, DType::Int(bits), &bytes)
    }

    /// Makes a float constant of 32 bits.
    ///
    /// # Errors
    /// When the attribute cannot be made.
    pub fn make_f32<'c>(
        &self,
        context: &'c Context,
        shape: &[i64],
        values: &[f32],
    ) -> Result<Attribute<'c>, ConstantError> {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.make(context, shape, DType::F32, &bytes)
    }
}

/// A `dense` attribute of a type with elements of `dtype`.
fn inline<'c>(t: Type<'c>, dtype: DType, bytes: &[u8]) -> Attribute<'c> {
    if dtype != DType::Bool {
        return DenseElementsAttribute::raw_buffer(t, bytes).into();
    }
    let all = |v: u8| bytes.iter().all(|b| *b == v);
    if !bytes.is_empty() && (all(0) || all(1)) {
        return DenseElementsAttribute::bool_splat(t, all(1)).into();
    }
    let v: Vec<i32> = bytes.iter().map(|b| i32::from(*b != 0)).collect();
    DenseElementsAttribute::bool_values(t, &v).into()
}

/// Puts a blob into the cache. One that is there already is compared, and replaced when damaged.
fn store(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let path = folder.join(name);
    if MappedFile::open(&path).is_ok_and(|file| *file == *bytes) {
        return Ok(());
    }
    std::fs::create_dir_all(folder)?;
    let _writing = Writing::begin();
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.persist(&path).map_err(|e| e.error)?;
    Ok(())
}

fn warn_once(context: &Context, folder: &Path, error: &io::Error) {
    static WARNED: AtomicBool = AtomicBool::new(false);
    if WARNED.swap(true, Ordering::Relaxed) {
        return;
    }
    let message = format!(
        "cannot write to the weight cache {}: {}; weights are kept in the program itself",
        folder.display(),
        describe_io(error)
    );
    emit_warning(Location::unknown(context), &message);
}

/// The digest of an `#onnx.weights` attribute: 16 bytes of BLAKE3 in hexadecimal digits.
pub(crate) fn digest(bytes: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new();
    // Large tensors are worth all cores.
    if bytes.len() >= 1 << 20 {
        hasher.update_rayon(bytes);
    } else {
        hasher.update(bytes);
    }
    hasher.finalize().to_hex()[..32].to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_blob_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = vec![7u8; 5000];
        let path = folder.path().join("weights/x");
        let kept = || std::fs::read(&path).unwrap();
        store(&folder.path().join("weights"), "x", &bytes).unwrap();
        assert_eq!(kept(), bytes);
        let mut damaged = bytes.clone();
        damaged[100] ^= 1;
        for wrong in [damaged.as_slice(), &bytes[1..], b""] {
            std::fs::write(&path, wrong).unwrap();
            store(&folder.path().join("weights"), "x", &bytes).unwrap();
            assert_eq!(kept(), bytes);
        }
        assert_eq!(
            std::fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1
        );
    }

    #[test]
    fn a_cache_that_cannot_be_written_is_an_error_of_the_store() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, b"").unwrap();
        let error = store(&file.join("weights"), "x", &[1]).unwrap_err();
        assert_eq!(describe_io(&error), "a part of the path is not a folder");
    }

    #[test]
    fn weights_at_hand_are_read_as_a_file_is() {
        let context = crate::new_context();
        let bytes: Arc<[u8]> = [1.5f32, -2.0]
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect();
        let constants = Constants::in_memory("w", Arc::clone(&bytes));
        let reference = |offset: u64, digest: &str| {
            let text = format!(
                "#onnx.weights<\"w\", offset = {offset}, length = 4, digest = \"{digest}\"> : tensor<1xf32>"
            );
            Attribute::parse(&context, &text).unwrap()
        };
        let right = digest(&bytes[4..]);
        let read = constants.read(reference(4, &right)).unwrap();
        assert_eq!(read.to_f64(), [-2.0]);
        assert!(matches!(
            constants.read(reference(0, &right)),
            Err(ConstantError::Changed(_))
        ));
        assert!(matches!(
            constants.read(reference(6, &right)),
            Err(ConstantError::Short { .. })
        ));
    }

    #[test]
    fn a_damaged_file_of_the_cache_is_not_said_to_have_changed() {
        let context = crate::new_context();
        let constants = Constants::in_memory("blake3:00", [0u8; 8].as_slice().into());
        for (length, shape) in [(8, 2), (12, 3)] {
            let text = format!(
                "#onnx.weights<\"blake3:00\", offset = 0, length = {length}, digest = \"{}\"> : tensor<{shape}xf32>",
                "0".repeat(32)
            );
            let attribute = Attribute::parse(&context, &text).unwrap();
            let error = constants.read(attribute).unwrap_err();
            assert!(matches!(error, ConstantError::Damaged(_)), "{error}");
        }
    }
}
