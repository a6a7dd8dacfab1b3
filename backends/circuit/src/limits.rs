//! Sizes beyond which a description is refused before anything is allocated for it.

/// Most rows, as a power of two.
pub const MAX_K: u32 = 28;

/// Most columns of all groups together.
pub const MAX_COLUMNS: u64 = 1 << 16;

/// Most cells of the grid: columns times rows.
pub const MAX_CELLS: u64 = 1 << 29;

/// Most elements of all registers together, constants included.
pub const MAX_ELEMENTS: u64 = 1 << 28;

/// Most products that one `linear` instruction may sum up.
pub const MAX_PRODUCTS: u64 = 1 << 42;

/// Most coordinates of a shape, domain or affine map.
pub const MAX_RANK: usize = 32;

/// Most nodes of one expression or affine map.
pub const MAX_NODES: usize = 1 << 16;

/// Largest degree of a gate or lookup.
pub const MAX_DEGREE: u32 = 64;

/// Last phase in which advice can be committed: backends have two phases.
pub const MAX_PHASE: u32 = 1;

/// Farthest rotation of a query, in rows.
pub const MAX_ROTATION: u32 = 1 << 16;

/// Values of both sides of an identity must stay below 2^this, half of every supported field.
pub const FIELD_BITS: u32 = 253;

/// Number of elements of a shape, `None` when it or one extent exceeds [`MAX_ELEMENTS`].
pub fn elements(shape: &[u64]) -> Option<u64> {
    if shape.iter().any(|extent| *extent > MAX_ELEMENTS) {
        return None;
    }
    product(shape).filter(|count| *count <= MAX_ELEMENTS)
}

/// Product of extents, `None` on overflow of 64 bits.
pub fn product(shape: &[u64]) -> Option<u64> {
    // A zero anywhere makes the product zero, whatever the other extents are.
    if shape.contains(&0) {
        return Some(0);
    }
    shape
        .iter()
        .try_fold(1u64, |product, extent| product.checked_mul(*extent))
}
