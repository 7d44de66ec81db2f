//! What the model asks of engines and trackers beyond what every driver asks: a state is kept, and
//! told from others.

use std::hash::Hash;

use crate::engine::{Engine, Introduce};

/// An engine that can be part of a state.
pub trait ModelEngine: Engine<Message: Eq + Hash> + Clone + Eq + Hash {}

impl<E> ModelEngine for E where E: Engine<Message: Eq + Hash> + Clone + Eq + Hash {}

/// A tracker that can be part of a state.
pub trait ModelTracker: Introduce + Clone + Eq + Hash {}

impl<T: Introduce + Clone + Eq + Hash> ModelTracker for T {}
