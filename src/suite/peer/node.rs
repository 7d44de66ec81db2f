//! A node whose decisions another process makes.

use std::cell::RefCell;
use std::rc::Rc;

use super::inputs::Start;
use super::message::Message;
use super::wire::Wire;
use crate::choose::Choose;
use crate::chunks::{ChunkSet, Manifest, PeerId};
use crate::engine::{Engine, Factory, Input, Output, Role, Settings};
use crate::units::Time;

/// What stands in the simulator for a node: it passes on what happens, and repeats what is decided.
///
/// What the node holds is kept here, from the chunks that arrive, and never asked for.
#[derive(Debug)]
pub(super) struct RemoteNode {
    me: PeerId,
    start: Start,
    have: ChunkSet,
    wire: Rc<RefCell<Wire>>,
}

impl Engine for RemoteNode {
    type Message = Message;

    fn handle(&mut self, input: Input<Message>, _: &mut dyn Choose) {
        if let Input::Received { message: Message::Chunk(chunk), .. } = &input {
            self.have.insert(*chunk);
        }
        self.wire.borrow_mut().push(self.me, &input, &self.start);
    }

    fn poll(&mut self) -> Option<Output<Message>> {
        self.wire.borrow_mut().poll(self.me)
    }

    fn have(&self) -> &ChunkSet {
        &self.have
    }
}

impl Drop for RemoteNode {
    fn drop(&mut self) {
        self.wire.borrow_mut().gone(self.me);
    }
}

/// Makes the nodes of one run.
pub(super) struct RemoteNodes(pub(super) Rc<RefCell<Wire>>);

impl Factory for RemoteNodes {
    type Engine = RemoteNode;

    fn engine(
        &self,
        me: PeerId,
        manifest: &Manifest,
        role: Role,
        settings: &Settings,
    ) -> RemoteNode {
        let chunks = manifest.chunks();
        let holds = match role {
            Role::Source => ChunkSet::full(chunks),
            Role::Peer(_) => settings.holds.to_set(chunks),
        };
        let start = Start { role, settings: settings.clone(), holds: holds.clone() };
        RemoteNode { me, start, have: holds, wire: Rc::clone(&self.0) }
    }

    fn flush(&self, at: Time) -> Vec<PeerId> {
        self.0.borrow_mut().flush(at)
    }
}
