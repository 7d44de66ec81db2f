//! What a peer says that it owns, against allocations that are counted by hand.

use super::super::heap::tree_bytes;
use crate::choose::Recorded;
use crate::chunks::{ChunkId, Manifest, PeerId};
use crate::engine::{Engine, Input, NewEngine, Role, Settings};
use crate::scenario::{Behavior, Protocol};
use crate::swarm::{Message, Peer};
use crate::units::Bytes;

#[test]
fn a_tree_takes_a_node_for_eleven_entries_and_then_for_five_at_worst() {
    let node = 11 * 4 + 16;
    let nodes = [(0, 0), (1, 1), (11, 1), (12, 3), (15, 3), (16, 4)];
    for (entries, count) in nodes {
        assert_eq!(tree_bytes::<u32>(entries), count * node, "{entries}");
    }
}

#[test]
fn a_peer_owns_its_sets_and_more_with_every_neighbor() {
    let manifest = Manifest::new(Bytes(300), Bytes(1)).unwrap();
    let settings = Settings::new(Protocol::default(), 1);
    let role = Role::Peer(Behavior::Cooperative);
    let mut peer = Peer::new(PeerId(1), &manifest, role, &settings);
    // What it has and what it lacks: two sets of 300 chunks, each in two blocks of 256 bits.
    assert_eq!(peer.heap_bytes(), 2 * 64);
    let mut before = peer.heap_bytes();
    for other in (2..9).map(PeerId) {
        let have = Message::Have(ChunkId(7));
        let inputs = [Input::Connected(other), Input::Received { from: other, message: have }];
        for input in inputs {
            peer.handle(input, &mut Recorded::new(Vec::new()));
            while peer.poll().is_some() {}
        }
        // What it knows of one: five words of chunks, and the records.
        assert!(before + 5 * size_of::<usize>() < peer.heap_bytes(), "{other}");
        before = peer.heap_bytes();
    }
}
