//! What a node says to several others at once: one event for all that it reaches at one instant.

use prefetch_index::prefetch_index;

use super::{Happening, Simulation};
use crate::chunks::PeerId;
use crate::engine::{Engine, Input, Introduce, Kind, Payload};
use crate::trace::Event;

/// A message on its way to several nodes.
#[derive(Clone, Debug)]
pub(super) struct Call<M> {
    from: PeerId,
    message: M,
    /// In the order in which it reaches them.
    to: Vec<PeerId>,
}

impl<E: Engine, T: Introduce> Simulation<E, T> {
    /// Sends the same to several nodes, as if to one after the other.
    pub(super) fn call(
        &mut self,
        from: PeerId,
        mut to: Vec<PeerId>,
        message: E::Message,
        record: &mut dyn FnMut(Event),
    ) {
        match message.kind() {
            Kind::Request(_) | Kind::Have(_) | Kind::Bitfield(_) | Kind::Control => {}
            Kind::Chunk(_) | Kind::Choke | Kind::Unchoke => {
                for to in to {
                    self.send(from, to, message.clone(), record);
                }
                return;
            }
        }
        to.retain(|&to| self.are_neighbors(from, to));
        let mut rest = to;
        while let Some(&first) = rest.first() {
            // Whom it reaches at the same time it reaches in one event.
            let latency = self.latencies[first.index()];
            let alike = |to: &&PeerId| self.latencies[to.index()] == latency;
            let later = rest.split_off(rest.iter().take_while(alike).count());
            let call = Call { from, message: message.clone(), to: rest };
            self.queue.schedule_after(latency, Happening::Call(Box::new(call)));
            rest = later;
        }
    }

    /// A message reaches several nodes.
    pub(super) fn reach(&mut self, call: &Call<E::Message>, record: &mut dyn FnMut(Event)) {
        for to in &call.to {
            prefetch_index(&self.nodes, to.index());
        }
        for &to in &call.to {
            let input = Input::Received { from: call.from, message: call.message.clone() };
            self.hand(to, input, record);
        }
    }
}
