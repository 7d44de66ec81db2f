//! Interning: values that many states have in common are kept once.
//!
//! Consecutive states differ in one node and a few messages, so states point to shared values. A
//! value carries its hash, which makes hashing and comparing states fast; equal hashes are still
//! compared by value.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use crate::checker::Block;

/// An interned value.
pub(super) struct Interned<T>(Arc<Hashed<T>>);

struct Hashed<T> {
    hash: u64,
    /// Bytes of the value on the heap, its place among all values included.
    bytes: usize,
    value: T,
}

impl<T> Deref for Interned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.value
    }
}

impl<T> Clone for Interned<T> {
    fn clone(&self) -> Self {
        Interned(Arc::clone(&self.0))
    }
}

impl<T> Interned<T> {
    /// Its block of heap, one for all states that point to it.
    pub(super) fn block(&self) -> Block {
        Block { address: Arc::as_ptr(&self.0).addr(), bytes: self.0.bytes }
    }
}

impl<T: Eq> PartialEq for Interned<T> {
    fn eq(&self, other: &Self) -> bool {
        let same = Arc::ptr_eq(&self.0, &other.0);
        same || (self.0.hash == other.0.hash && self.0.value == other.0.value)
    }
}

impl<T: Eq> Eq for Interned<T> {}

impl<T> Hash for Interned<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.hash);
    }
}

impl<T: fmt::Debug> fmt::Debug for Interned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.value.fmt(f)
    }
}

/// The values interned so far. Which thread interns a value first affects nothing but addresses.
pub(super) struct Pool<T> {
    known: Mutex<BTreeMap<u64, Vec<Interned<T>>>>,
    /// Bytes on the heap that a value owns, going by lengths.
    heap_bytes: fn(&T) -> usize,
}

/// Bytes of a place in a pool: an entry of a B-tree whose nodes are at least five elevenths full,
/// the room that a vector begins with, and the two counters of an [`Arc`].
const PLACE: usize = 3 * size_of::<(u64, Vec<Interned<u8>>)>()
    + 4 * size_of::<Interned<u8>>()
    + 2 * size_of::<usize>();

impl<T: Clone + Eq + Hash> Pool<T> {
    pub(super) fn new(heap_bytes: fn(&T) -> usize) -> Self {
        Pool { known: Mutex::new(BTreeMap::new()), heap_bytes }
    }

    /// The interned value, an existing one if there is an equal one.
    pub(super) fn intern(&self, value: T) -> Interned<T> {
        let mut hasher = DefaultHasher::new();
        value.hash(&mut hasher);
        let hash = hasher.finish();
        // A thread that panicked while it held the lock left at most a value too many.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let alike = known.entry(hash).or_default();
        if let Some(shared) = alike.iter().find(|shared| shared.0.value == value) {
            return shared.clone();
        }
        let bytes = PLACE + size_of::<Hashed<T>>() + (self.heap_bytes)(&value);
        // A clone has no spare room, whatever happened to the value: its lengths say what it takes.
        let shared = Interned(Arc::new(Hashed { hash, bytes, value: value.clone() }));
        alike.push(shared.clone());
        shared
    }
}

/// A value of the next state: the old one, or a changed copy. Most stay the old one.
pub(super) enum Draft<T> {
    Kept(Interned<T>),
    Changed(Box<T>),
}

impl<T: Clone + Eq + Hash> Draft<T> {
    pub(super) fn read(&self) -> &T {
        match self {
            Draft::Kept(shared) => shared,
            Draft::Changed(value) => value,
        }
    }

    pub(super) fn write(&mut self) -> &mut T {
        if let Draft::Kept(shared) = self {
            *self = Draft::Changed(Box::new(T::clone(shared)));
        }
        match self {
            Draft::Changed(value) => value,
            Draft::Kept(_) => unreachable!("it was changed just now"),
        }
    }

    pub(super) fn intern(self, pool: &Pool<T>) -> Interned<T> {
        match self {
            Draft::Kept(shared) => shared,
            Draft::Changed(value) => pool.intern(*value),
        }
    }
}
