//! Sample circuits and tests that every backend has to pass.
//!
//! A backend implements [`Setup`] in its tests and names the suites: `zkc_backend_testing::reject_suite!(Setup)` becomes a
//! test per function of [`reject`]. What only one backend can do it tests by itself.

pub mod accept;
pub mod bench;
pub mod params;
mod random;
pub mod refuse;
pub mod reject;
pub mod samples;
mod setup;

use std::path::Path;

use zkc_backend::Flavour;
use zkc_circuit::{Field, Grid, GroupId, Ints, Layout};

pub use random::Random;
pub use setup::{Setup, Shared};

/// Numbers of rows (`2^k`) that no backend works with.
pub const EXTREME_K: [u32; 6] = [0, 3, zkc_backend::MAX_K + 1, 31, 32, u32::MAX];

/// Makes a test of each function of a module, for one backend.
#[macro_export]
macro_rules! suite {
    ($subject:ty, $module:ident: $($name:ident),+ $(,)?) => {
        $(
            #[test]
            fn $name() {
                $crate::$module::$name::<$subject>();
            }
        )+
    };
}

/// Checks that a backend states the version of the halo2 crate that the workspace uses.
pub fn assert_version_in_use(flavour: &Flavour) {
    let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../Cargo.lock");
    let lock = std::fs::read_to_string(lock).expect("the workspace has a lock file");
    let Flavour {
        library, version, ..
    } = flavour;
    let entry = format!("name = \"{library}\"\nversion = \"{version}\"");
    assert!(lock.contains(&entry), "{entry}");
}

/// Checks that integers enter a field as themselves, negative ones from its other end.
pub fn assert_integers_enter<F: Field>() {
    let number = F::from_i128;
    let power_of_2 = |exponent: u32| {
        let two = F::one().add(F::one());
        (0..exponent).fold(F::one(), |power, _| power.mul(two))
    };
    assert_eq!(number(0), F::zero());
    assert_eq!(number(-1).add(F::one()), F::zero());
    assert_eq!(number(i128::MAX).add(number(i128::MIN)), number(-1));
    assert_eq!(number(i128::MIN), power_of_2(127).neg());
    assert_eq!(number(i128::from(u64::MAX) + 1), power_of_2(64));
    assert_eq!(number(7), power_of_2(3).sub(F::one()));
    let seven = number(-7);
    assert_eq!(seven.invert().map(|i| i.mul(seven)), Some(F::one()));
    assert_eq!(F::zero().invert(), None);
    let limbs = F::limbs().expect("fields of backends have limbs");
    for value in [0, 1, -1, i128::MAX, i128::MIN].map(number) {
        assert_eq!((limbs.from)((limbs.to)(value)), value);
    }
    assert_eq!((limbs.from)(limbs.modulus), F::zero());
    // Any four limbs will do: 2^256 - 1.
    assert_eq!((limbs.from)([u64::MAX; 4]), power_of_2(256).sub(F::one()));
}

/// Sets one cell, given by group, column of the group and row.
pub fn set_cell(layout: &Layout, grid: &mut Grid, cell: (u32, u32, u32), value: i128) {
    let (group, column, row) = cell;
    let column = layout.column_of(GroupId(group), column) as usize;
    let mut values = grid.values[column].to_vec();
    values.resize(values.len().max(row as usize + 1), 0);
    values[row as usize] = value;
    grid.values[column] = Ints::from_values(&values);
}

/// Checks that no changed or cut file is accepted: every `flips`-th byte is changed, and the file is cut at every
/// `cuts`-th one. `accepts` reads the file at `path`, which is good at first and afterwards.
pub fn assert_damage_is_noticed(
    path: &Path,
    (flips, cuts): (usize, usize),
    accepts: impl Fn(&Path) -> bool,
) {
    let bytes = std::fs::read(path).expect("the good file");
    let write = |bytes: &[u8]| std::fs::write(path, bytes).expect("a writable folder");
    assert!(accepts(path), "the good file");
    for position in (0..bytes.len()).step_by(flips) {
        let mut changed = bytes.clone();
        changed[position] ^= 1 << (position % 8);
        write(&changed);
        assert!(!accepts(path), "byte {position} is changed");
    }
    for length in (0..bytes.len()).step_by(cuts) {
        write(&bytes[..length]);
        assert!(!accepts(path), "cut to {length} bytes");
    }
    write(&bytes);
}
