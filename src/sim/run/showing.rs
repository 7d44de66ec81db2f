//! Boards in a run: what a node shows, when each neighbor sees it, and which neighbors are told.
//!
//! A neighbor hears what a node shows from when it becomes a neighbor, after the delay to it, until
//! it learns that it is none any more: as if each chunk were told by a message.

use prefetch_index::prefetch_index;

use super::super::boards::Boards;
use super::{Happening, Simulation};
use crate::chunks::{ChunkId, PeerId};
use crate::engine::boards::{BoardReader, Shown};
use crate::engine::{Engine, Input, Introduce, Kind, Payload};
use crate::trace::Event;

impl<E: Engine, T: Introduce> Simulation<E, T> {
    /// The first engine of a run says whether boards are kept.
    pub(super) fn decide_on_boards(&mut self, engine: &mut E) {
        if std::mem::take(&mut self.may_keep_boards) && engine.board_reader().is_some() {
            self.boards = Boards::new(&self.latencies, self.scenario.file().chunks());
        }
    }

    /// What an input means to boards.
    pub(super) fn note_on_boards(&mut self, node: PeerId, input: &Input<E::Message>) {
        let Some(boards) = &mut self.boards else { return };
        match input {
            Input::Received { from, message } => {
                if let Kind::Bitfield(theirs) = message.kind() {
                    boards.show_all(*from, theirs.words(), node);
                }
            }
            Input::Connected(neighbor) => {
                let hears = Happening::Hears(node, *neighbor);
                self.queue.schedule_after(self.latencies[neighbor.index()], hears);
            }
            Input::Disconnected(neighbor) => {
                if let Some(neighbor) = self.nodes.get_mut(neighbor.index()) {
                    neighbor.watchers.retain(|&watcher| watcher != node);
                }
            }
            _ => {}
        }
    }

    /// What a node shows is seen by those with this delay: some of them watch it.
    pub(super) fn show(
        &mut self,
        by: PeerId,
        chunk: Option<ChunkId>,
        delay: u8,
        record: &mut dyn FnMut(Event),
    ) {
        let Some(boards) = &mut self.boards else { return };
        boards.show(by, chunk, delay);
        let Some(chunk) = chunk else { return };
        let mut watching = std::mem::take(&mut self.watching);
        let watchers = self.nodes[by.index()].watchers.iter().copied();
        let deaf = &self.nodes[by.index()].deaf;
        watching.extend(
            watchers
                .filter(|watcher| boards.delay_of(*watcher) == delay && !deaf.contains(watcher)),
        );
        for &watcher in &watching {
            prefetch_index(&self.nodes, watcher.index());
        }
        for watcher in watching.drain(..) {
            let engine = self.nodes[watcher.index()].engine.as_mut();
            let reader = engine.and_then(|engine| engine.board_reader());
            if let (Some(reader), Some(boards)) = (reader, &self.boards) {
                let seen = boards.seen_by(watcher);
                reader.notice(by, chunk, &seen, &mut self.choose, &mut self.outbox);
                self.drain(watcher, record);
            }
        }
        self.watching = watching;
    }

    /// Takes what a node shows.
    pub(super) fn take_shown(&mut self, node: PeerId) {
        if let (Some(shown), Some(boards)) = (self.outbox.shown.take(), &self.boards) {
            let chunk = match shown {
                Shown::Chunk(chunk) => Some(chunk),
                Shown::Presence => None,
            };
            for (delay, latency) in boards.delays() {
                self.queue.schedule_after(latency, Happening::Show(node, chunk, delay));
            }
        }
    }

    /// Takes which neighbors a node watches.
    pub(super) fn take_watches(&mut self, node: PeerId) {
        for watch in self.outbox.watches.drain(..) {
            let watchers = &mut self.nodes[watch.neighbor.index()].watchers;
            match (watchers.binary_search(&node), watch.on) {
                (Err(at), true) => watchers.insert(at, node),
                (Ok(at), false) => {
                    watchers.remove(at);
                }
                _ => {}
            }
        }
    }
}
