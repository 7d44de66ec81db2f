//! What makes the engines of a run.
//!
//! A driver asks a [`Factory`] for an engine each time a node joins. Most engines need to know
//! nothing but what the driver tells them; they implement [`NewEngine`], and their type is enough.
//! Others share something, are made to differ, or run in another process: a closure makes those, or
//! a [`Factory`] of its own.

use std::fmt::Debug;
use std::rc::Rc;

use super::{Engine, Input, Output, Payload, Role, Settings};
use crate::choose::Choose;
use crate::chunks::{ChunkSet, Manifest, PeerId};
use crate::units::Time;

/// An engine that is made from what a driver tells it, and from nothing else.
pub trait NewEngine: Engine + Sized + 'static {
    /// A participant that has not started yet.
    fn new(me: PeerId, manifest: &Manifest, role: Role, settings: &Settings) -> Self;
}

/// Makes the engines of a run.
pub trait Factory {
    /// The engines that it makes.
    type Engine: Engine;

    /// A participant that has not started yet.
    fn engine(
        &self,
        me: PeerId,
        manifest: &Manifest,
        role: Role,
        settings: &Settings,
    ) -> Self::Engine;

    /// All inputs of the instant `at` have been handed over. Returns the nodes that have something
    /// to say only now, in the order in which they are to be drained.
    ///
    /// Engines that answer as soon as they are asked need no flush. Those that do not, say because
    /// they ask another process for all nodes at once, answer None to `poll` until then. The driver
    /// flushes again after what it has drained, until no node is named.
    fn flush(&self, _at: Time) -> Vec<PeerId> {
        Vec::new()
    }
}

impl<E, F> Factory for F
where
    E: Engine,
    F: Fn(PeerId, &Manifest, Role, &Settings) -> E,
{
    type Engine = E;

    fn engine(&self, me: PeerId, manifest: &Manifest, role: Role, settings: &Settings) -> E {
        self(me, manifest, role, settings)
    }
}

impl<F: Factory + ?Sized> Factory for Rc<F> {
    type Engine = F::Engine;

    fn engine(
        &self,
        me: PeerId,
        manifest: &Manifest,
        role: Role,
        settings: &Settings,
    ) -> F::Engine {
        (**self).engine(me, manifest, role, settings)
    }

    fn flush(&self, at: Time) -> Vec<PeerId> {
        (**self).flush(at)
    }
}

/// An engine of any type, that speaks in these messages. What is generic over engines is compiled
/// once for all of them; it reads no boards.
pub type AnyEngine<M> = Box<dyn Engine<Message = M>>;

impl<M: Payload + Clone + Debug> Engine for AnyEngine<M> {
    type Message = M;

    fn handle(&mut self, input: Input<M>, choose: &mut dyn Choose) {
        (**self).handle(input, choose);
    }

    fn poll(&mut self) -> Option<Output<M>> {
        (**self).poll()
    }

    fn have(&self) -> &ChunkSet {
        (**self).have()
    }

    fn heap_bytes(&self) -> usize {
        (**self).heap_bytes()
    }
}

/// Makes the engines of another factory, each behind a pointer.
#[derive(Clone, Copy, Debug)]
pub struct Any<F>(pub F);

impl<F: Factory<Engine: 'static>> Factory for Any<F> {
    type Engine = AnyEngine<<F::Engine as Engine>::Message>;

    fn engine(
        &self,
        me: PeerId,
        manifest: &Manifest,
        role: Role,
        settings: &Settings,
    ) -> Self::Engine {
        Box::new(self.0.engine(me, manifest, role, settings))
    }

    fn flush(&self, at: Time) -> Vec<PeerId> {
        self.0.flush(at)
    }
}
