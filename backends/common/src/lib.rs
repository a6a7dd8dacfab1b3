#![doc = include_str!("../README.md")]

mod capabilities;
mod commitment;
mod configure;
mod digest;
mod error;
mod field;
pub mod key_file;
mod laid_out;
mod measure;
mod params;
mod proof;
mod prove;
mod public;
mod rejection;
mod shape;
mod system;
mod threads;
mod tree;
mod verify;

pub use capabilities::Capabilities;
pub use commitment::{Commitment, UnknownCommitment};
pub use configure::{
    Column, ColumnPlan, Config, GridColumn, Halo2, PlannedColumn, best_degree, configure,
    declared_gates, for_each_table_cell,
};
pub use digest::{Digest, Digests};
pub use error::{Error, ExprError};
pub use field::words;
pub use laid_out::LaidOut;
pub use measure::{Cost, Stopwatch, peak_rss_bytes, process_cpu_s, rss_bytes};
pub use params::{
    CacheableParams, LoadedParams, MAX_K, MIN_K, PARAMS_POINT_BYTES, ParamsCache, ParamsSource,
    check_params_k, params_memory_bytes,
};
pub use proof::{MAX_PROOF_FILE_BYTES, Proof};
pub use prove::{Proved, system_rng};
pub use public::{PublicCells, PublicKind, PublicLayout, PublicTensor, TensorInfoMessage};
pub use rejection::Rejection;
pub use shape::{CircuitShape, Measured};
pub use system::{Flavour, ProofCommitment, System};
pub use threads::{Pool, thread_count};
pub use tree::{Algebra, Leaf, MAX_DEPTH, MAX_NODES, to_tree};
pub use verify::{Failure, ProofReader};
