//! One peer against a scripted neighbor.

use crate::choose::Seeded;
use crate::chunks::{ChunkId, ChunkSet, Manifest, PeerId};
use crate::engine::{Engine, Input, Output, Role, Settings, Timer};
use crate::scenario::{Behavior, Choker, Picker, Protocol};
use crate::swarm::{Message, Peer};
use crate::units::Bytes;

const A: PeerId = PeerId(7);
const B: PeerId = PeerId(8);

struct Bench {
    peer: Peer,
    choose: Seeded,
}

impl Bench {
    fn new(role: Role, protocol: Protocol) -> Bench {
        let manifest = Manifest::new(Bytes(40), Bytes(10)).unwrap();
        let settings = Settings { protocol, requests: 1 };
        let me = if role == Role::Source { PeerId::SOURCE } else { PeerId(1) };
        let peer = Peer::new(me, &manifest, role, &settings);
        Bench { peer, choose: Seeded::new(1, 0) }
    }

    fn leecher() -> Bench {
        let protocol = Protocol { picker: Picker::InOrder, ..Protocol::default() };
        Bench::new(Role::Peer(Behavior::Cooperative), protocol)
    }

    fn on(&mut self, input: Input<Message>) -> Vec<Output<Message>> {
        self.peer.handle(input, &mut self.choose);
        std::iter::from_fn(|| self.peer.poll()).collect()
    }

    fn hear(&mut self, from: PeerId, message: Message) -> Vec<Output<Message>> {
        self.on(Input::Received { from, message })
    }
}

fn say(to: PeerId, message: Message) -> Output<Message> {
    Output::Send { to, message }
}

fn chunks(held: &[u32]) -> ChunkSet {
    let mut set = ChunkSet::empty(4);
    held.iter().for_each(|&chunk| assert!(set.insert(ChunkId(chunk))));
    set
}

#[test]
fn a_leecher_requests_only_what_the_other_has_and_only_while_it_is_served() {
    let mut bench = Bench::leecher();
    bench.on(Input::Connected(A));
    assert_eq!(bench.hear(A, Message::Bitfield(chunks(&[1, 3]))), [say(A, Message::Interested)]);
    assert_eq!(bench.hear(A, Message::Unchoke), [say(A, Message::Request(ChunkId(1)))]);
    let after = bench.hear(A, Message::Chunk(ChunkId(1)));
    assert_eq!(after, [say(A, Message::Request(ChunkId(3)))]);
    let after = bench.hear(A, Message::Chunk(ChunkId(3)));
    assert_eq!(after, [say(A, Message::NotInterested)]);
    assert_eq!(bench.peer.have().len(), 2);
}

#[test]
fn what_was_awaited_of_a_lost_neighbor_is_requested_again() {
    let mut bench = Bench::leecher();
    bench.on(Input::Connected(A));
    bench.on(Input::Connected(B));
    bench.hear(A, Message::Bitfield(chunks(&[2])));
    bench.hear(B, Message::Bitfield(chunks(&[2])));
    assert_eq!(bench.hear(A, Message::Unchoke), [say(A, Message::Request(ChunkId(2)))]);
    assert_eq!(bench.hear(B, Message::Unchoke), [], "nobody is asked twice");
    let after = bench.on(Input::Disconnected(A));
    assert_eq!(after, [say(B, Message::Request(ChunkId(2)))]);
}

#[test]
fn what_was_rejected_is_requested_of_another() {
    let mut bench = Bench::leecher();
    for neighbor in [A, B] {
        bench.on(Input::Connected(neighbor));
        bench.hear(neighbor, Message::Bitfield(chunks(&[0])));
        bench.hear(neighbor, Message::Unchoke);
    }
    bench.hear(A, Message::Choke);
    let after = bench.hear(A, Message::Reject(ChunkId(0)));
    assert_eq!(after, [say(B, Message::Request(ChunkId(0)))]);
    // B serves and still rejects: it does not have the chunk, so it is not asked for ever.
    assert_eq!(bench.hear(B, Message::Reject(ChunkId(0))), [say(B, Message::NotInterested)]);
}

#[test]
fn an_awaited_chunk_is_asked_of_a_second_neighbor_when_nothing_else_is_left() {
    let mut bench = Bench::leecher();
    for chunk in [1, 2, 3] {
        bench.on(Input::Connected(PeerId(20 + chunk)));
        bench.hear(PeerId(20 + chunk), Message::Bitfield(chunks(&[chunk])));
        bench.hear(PeerId(20 + chunk), Message::Unchoke);
        bench.hear(PeerId(20 + chunk), Message::Chunk(ChunkId(chunk)));
    }
    for neighbor in [A, B] {
        bench.on(Input::Connected(neighbor));
        bench.hear(neighbor, Message::Bitfield(chunks(&[0])));
        bench.hear(neighbor, Message::Unchoke);
    }
    let mut asked = Vec::new();
    for _ in 0..3 {
        for neighbor in [A, B] {
            bench.hear(neighbor, Message::KeepAlive);
        }
        asked.extend(bench.on(Input::Expired(Timer(0))));
    }
    assert!(asked.contains(&say(B, Message::Request(ChunkId(0)))), "{asked:?}");
    let after = bench.hear(B, Message::Chunk(ChunkId(0)));
    assert!(after.contains(&say(A, Message::Cancel(ChunkId(0)))), "{after:?}");
    assert!(after.contains(&Output::Completed), "{after:?}");
}

#[test]
fn nobody_gets_a_chunk_who_is_not_served() {
    let mut bench = Bench::leecher();
    bench.on(Input::Ready);
    bench.on(Input::Connected(A));
    bench.on(Input::Connected(B));
    bench.hear(B, Message::Bitfield(chunks(&[0])));
    bench.hear(B, Message::Unchoke);
    bench.hear(B, Message::Chunk(ChunkId(0)));
    let request = Message::Request(ChunkId(0));
    assert_eq!(bench.hear(A, request.clone()), [say(A, Message::Reject(ChunkId(0)))]);
    assert_eq!(bench.hear(A, Message::Interested), [say(A, Message::Unchoke)]);
    assert_eq!(bench.hear(A, request), [say(A, Message::Chunk(ChunkId(0)))]);
    let lacking = Message::Request(ChunkId(1));
    assert_eq!(bench.hear(A, lacking), [say(A, Message::Reject(ChunkId(1)))], "it lacks that one");
}

#[test]
fn a_free_rider_serves_nobody() {
    let mut bench = Bench::new(Role::Peer(Behavior::FreeRider), Protocol::default());
    bench.on(Input::Ready);
    bench.on(Input::Connected(A));
    assert_eq!(bench.hear(A, Message::Interested), []);
    for timer in [0, 1, 0] {
        let outputs = bench.on(Input::Expired(Timer(timer)));
        assert!(!outputs.contains(&say(A, Message::Unchoke)), "{outputs:?}");
    }
}

#[test]
fn the_source_promises_each_chunk_once_before_it_shows_all() {
    let protocol = Protocol { optimistic: None, unchoke_slots: 2, ..Protocol::default() };
    let mut bench = Bench::new(Role::Source, protocol);
    let have = |chunk| Message::Have(ChunkId(chunk));
    let after = bench.on(Input::Connected(A));
    assert_eq!(after, [say(A, Message::Unchoke), say(A, have(0))]);
    let after = bench.on(Input::Connected(B));
    assert_eq!(after, [say(B, Message::Unchoke), say(B, have(1))]);
    let sent = |chunk| Input::Sent { to: A, chunk: ChunkId(chunk) };
    assert_eq!(bench.on(sent(0)), [say(A, have(2))]);
    assert_eq!(bench.on(sent(2)), [say(A, have(3))]);
    let all = Message::Bitfield(ChunkSet::full(4));
    assert_eq!(bench.on(sent(3)), [say(A, all.clone()), say(B, all)]);
}

#[test]
fn a_silent_neighbor_is_given_up_and_a_talking_one_is_not() {
    let mut bench = Bench::leecher();
    bench.on(Input::Connected(A));
    bench.on(Input::Connected(B));
    let mut dropped = Vec::new();
    for _ in 0..6 {
        bench.hear(B, Message::KeepAlive);
        let outputs = bench.on(Input::Expired(Timer(0)));
        dropped.extend(outputs.into_iter().filter(|o| matches!(o, Output::Disconnect(_))));
    }
    assert_eq!(dropped, [Output::Disconnect(A)]);
}

#[test]
fn under_strict_barter_nothing_is_given_before_something_is_asked_in_return() {
    let protocol =
        Protocol { choker: Choker::StrictBarter, picker: Picker::InOrder, ..Protocol::default() };
    let mut bench = Bench::new(Role::Peer(Behavior::Cooperative), protocol);
    bench.on(Input::Ready);
    bench.on(Input::Connected(PeerId::SOURCE));
    bench.hear(PeerId::SOURCE, Message::Bitfield(chunks(&[0])));
    bench.hear(PeerId::SOURCE, Message::Unchoke);
    bench.hear(PeerId::SOURCE, Message::Chunk(ChunkId(0)));
    bench.on(Input::Connected(A));
    bench.hear(A, Message::Interested);
    assert_eq!(bench.hear(A, Message::Request(ChunkId(0))), [], "A has nothing to offer");
    bench.hear(A, Message::Have(ChunkId(1)));
    let after = bench.hear(A, Message::Unchoke);
    let exchange = [say(A, Message::Request(ChunkId(1))), say(A, Message::Chunk(ChunkId(0)))];
    assert_eq!(after, exchange);
}
