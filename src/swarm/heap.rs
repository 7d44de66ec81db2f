//! Bytes that the collections of the standard library take on the heap.

/// Bytes of a B-tree of so many entries, at most: a node has room for 11 of them, and each but the
/// root is filled with 5 at least.
pub(super) fn tree_bytes<T>(entries: usize) -> usize {
    let nodes = if entries <= 11 { entries.min(1) } else { entries.div_ceil(5) };
    // Beside the entries a node knows its parent, its place there and its length.
    nodes * (11 * size_of::<T>() + 2 * size_of::<usize>())
}
