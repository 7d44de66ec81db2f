//! One peer against a scripted neighbor.

use crate::choose::Seeded;
use crate::chunks::{ChunkId, ChunkSet, Manifest, PeerId};
use crate::engine::{Engine, Input, NewEngine, Output, Role, Settings, Timer};
use crate::scenario::{Behavior, Choker, ChunkRanges, Picker, Protocol};
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
        let settings = Settings::new(protocol, 1);
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
    assert_eq!(bench.hear(A, Message::bitfield(chunks(&[1, 3]))), [say(A, Message::Interested)]);
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
    bench.hear(A, Message::bitfield(chunks(&[2])));
    bench.hear(B, Message::bitfield(chunks(&[2])));
    assert_eq!(bench.hear(A, Message::Unchoke), [say(A, Message::Request(ChunkId(2)))]);
    assert_eq!(bench.hear(B, Message::Unchoke), [], "no neighbor is asked twice");
    let after = bench.on(Input::Disconnected(A));
    assert_eq!(after, [say(B, Message::Request(ChunkId(2)))]);
}

#[test]
fn what_was_rejected_is_requested_of_another() {
    let mut bench = Bench::leecher();
    for neighbor in [A, B] {
        bench.on(Input::Connected(neighbor));
        bench.hear(neighbor, Message::bitfield(chunks(&[0])));
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
        bench.hear(PeerId(20 + chunk), Message::bitfield(chunks(&[chunk])));
        bench.hear(PeerId(20 + chunk), Message::Unchoke);
        bench.hear(PeerId(20 + chunk), Message::Chunk(ChunkId(chunk)));
    }
    for neighbor in [A, B] {
        bench.on(Input::Connected(neighbor));
        bench.hear(neighbor, Message::bitfield(chunks(&[0])));
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
    bench.hear(B, Message::bitfield(chunks(&[0])));
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
    let all = Message::bitfield(ChunkSet::full(4));
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
    bench.hear(PeerId::SOURCE, Message::bitfield(chunks(&[0])));
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

/// All neighbors talk and none has anything: after a while there is room for another one, also
/// when more neighbors would be taken than are looked for.
#[test]
fn a_bored_peer_makes_room_for_somebody_new() {
    let protocol = Protocol { neighbors: 4, ..Protocol::default() };
    let mut bench = Bench::new(Role::Peer(Behavior::Cooperative), protocol);
    let neighbors = [A, B, PeerId(9)];
    for neighbor in neighbors {
        bench.on(Input::Connected(neighbor));
    }
    let another = PeerId(30);
    let mut outputs = bench.on(Input::Members(vec![another]));
    assert_eq!(outputs, []);
    for _ in 0..4 {
        for neighbor in neighbors {
            bench.hear(neighbor, Message::KeepAlive);
        }
        outputs.extend(bench.on(Input::Expired(Timer(0))));
    }
    let dropped = outputs.iter().filter(|output| matches!(output, Output::Disconnect(_)));
    assert_eq!(dropped.count(), 1);
    assert!(outputs.contains(&Output::Connect(another)), "{outputs:?}");
    assert!(outputs.iter().any(|output| matches!(output, Output::Announce { .. })));
}

/// Each held what the other got last, so neither was told of it.
#[test]
fn two_that_complete_find_out_and_part() {
    let mut bench = Bench::leecher();
    bench.on(Input::Connected(A));
    bench.hear(A, Message::bitfield(chunks(&[0, 1, 2])));
    bench.hear(A, Message::Unchoke);
    for chunk in [0, 1, 2] {
        bench.hear(A, Message::Chunk(ChunkId(chunk)));
    }
    bench.on(Input::Connected(PeerId::SOURCE));
    bench.hear(PeerId::SOURCE, Message::bitfield(ChunkSet::full(4)));
    bench.hear(PeerId::SOURCE, Message::Unchoke);
    let after = bench.hear(PeerId::SOURCE, Message::Chunk(ChunkId(3)));
    assert!(after.contains(&Output::Disconnect(PeerId::SOURCE)), "{after:?}");
    assert!(after.contains(&say(A, Message::bitfield(ChunkSet::full(4)))), "{after:?}");
    let after = bench.hear(A, Message::bitfield(ChunkSet::full(4)));
    assert_eq!(after, [Output::Disconnect(A)]);
}

#[test]
fn a_promise_that_was_withdrawn_is_not_kept() {
    let protocol = Protocol { optimistic: None, unchoke_slots: 1, ..Protocol::default() };
    let mut bench = Bench::new(Role::Source, protocol);
    bench.on(Input::Ready);
    bench.on(Input::Connected(A));
    bench.on(Input::Connected(B));
    // A has its turn, is promised chunk 0 and does not ask: then it is B's turn; and then A's
    // again.
    let mut decide = || {
        bench.hear(A, Message::KeepAlive);
        bench.hear(B, Message::KeepAlive);
        bench.on(Input::Expired(Timer(0)))
    };
    let promised = |to, chunk| say(to, Message::Have(ChunkId(chunk)));
    let (first, second) = (decide(), decide());
    assert!(first.contains(&promised(B, 0)), "{first:?}");
    assert!(second.contains(&promised(A, 0)), "{second:?}");
    // What B asks for is A's now; and what no neighbor was promised is no neighbor's.
    let after = bench.hear(B, Message::Request(ChunkId(0)));
    assert_eq!(after, [say(B, Message::Reject(ChunkId(0)))]);
    let after = bench.hear(A, Message::Request(ChunkId(3)));
    assert_eq!(after, [say(A, Message::Reject(ChunkId(3)))]);
    let after = bench.hear(A, Message::Request(ChunkId(0)));
    assert_eq!(after, [say(A, Message::Chunk(ChunkId(0)))]);
}

/// A chunk of no use to another peer is no reason to give its holder another one.
#[test]
fn the_source_serves_first_who_passes_on_what_it_got() {
    let c = PeerId(10);
    let protocol = Protocol { optimistic: None, unchoke_slots: 1, ..Protocol::default() };
    let mut bench = Bench::new(Role::Source, protocol);
    bench.on(Input::Ready);
    for peer in [A, B, c] {
        bench.on(Input::Connected(peer));
    }
    // A is served first, and gets chunk 0: then it is for others to show what they do.
    bench.hear(A, Message::Request(ChunkId(0)));
    let after = bench.on(Input::Sent { to: A, chunk: ChunkId(0) });
    assert!(after.contains(&say(A, Message::Choke)), "{after:?}");
    assert!(after.contains(&say(B, Message::Have(ChunkId(1)))), "{after:?}");
    // C has chunk 0 now, from A: so A is as good as C, and B, who has passed on nothing, is not.
    bench.hear(c, Message::Have(ChunkId(0)));
    bench.on(Input::Ready);
    bench.hear(B, Message::Request(ChunkId(1)));
    let after = bench.on(Input::Sent { to: B, chunk: ChunkId(1) });
    assert!(after.contains(&say(B, Message::Choke)), "{after:?}");
    assert!(after.contains(&say(A, Message::Have(ChunkId(2)))), "{after:?}");
    // What A has itself it has not passed on.
    bench.on(Input::Ready);
    bench.hear(A, Message::Request(ChunkId(2)));
    bench.hear(A, Message::Have(ChunkId(2)));
    let after = bench.on(Input::Sent { to: A, chunk: ChunkId(2) });
    assert!(after.contains(&say(c, Message::Have(ChunkId(3)))), "{after:?}");
}

/// Peers may lie: no message about a chunk that does not exist changes anything.
#[test]
fn chunks_that_do_not_exist_are_nobodys_business() {
    let none = ChunkId(4);
    for role in [Role::Source, Role::Peer(Behavior::Cooperative)] {
        let mut bench = Bench::new(role, Protocol::default());
        bench.on(Input::Ready);
        bench.on(Input::Connected(A));
        bench.hear(A, Message::Interested);
        for lie in [Message::Have(none), Message::Chunk(none), Message::Cancel(none)] {
            assert_eq!(bench.hear(A, lie), []);
        }
        let after = bench.hear(A, Message::Request(none));
        assert_eq!(after, [say(A, Message::Reject(none))]);
        assert_eq!(bench.hear(A, Message::Reject(none)), []);
        assert_eq!(bench.hear(A, Message::bitfield(ChunkSet::full(5))), []);
    }
}

/// Otherwise a chunk that takes longer than the patience of who sends it would never arrive.
#[test]
fn who_is_getting_a_chunk_is_kept() {
    let protocol = Protocol { neighbors: 1, ..Protocol::default() };
    let mut bench = Bench::new(Role::Peer(Behavior::Cooperative), protocol);
    bench.on(Input::Ready);
    bench.on(Input::Connected(B));
    bench.hear(B, Message::bitfield(chunks(&[0])));
    bench.hear(B, Message::Unchoke);
    bench.hear(B, Message::Chunk(ChunkId(0)));
    bench.on(Input::Disconnected(B));
    bench.on(Input::Connected(A));
    bench.hear(A, Message::Interested);
    let after = bench.hear(A, Message::Request(ChunkId(0)));
    assert_eq!(after, [say(A, Message::Chunk(ChunkId(0)))]);
    let mut wait = || {
        bench.hear(A, Message::KeepAlive);
        bench.on(Input::Expired(Timer(0)))
    };
    let meanwhile: Vec<_> = (0..9).flat_map(|_| wait()).collect();
    assert!(!meanwhile.contains(&Output::Disconnect(A)), "{meanwhile:?}");
    bench.on(Input::Sent { to: A, chunk: ChunkId(0) });
    bench.hear(A, Message::NotInterested);
    let mut wait = || {
        bench.hear(A, Message::KeepAlive);
        bench.on(Input::Expired(Timer(0)))
    };
    let after: Vec<_> = (0..4).flat_map(|_| wait()).collect();
    assert!(after.contains(&Output::Disconnect(A)), "{after:?}");
}

/// A neighbor that has everything and never serves is no reason to wait forever.
#[test]
fn a_neighbor_that_never_serves_is_replaced() {
    let protocol = Protocol { neighbors: 1, ..Protocol::default() };
    let mut bench = Bench::new(Role::Peer(Behavior::Cooperative), protocol);
    bench.on(Input::Connected(A));
    bench.hear(A, Message::bitfield(ChunkSet::full(4)));
    let mut outputs = Vec::new();
    for _ in 0..4 {
        bench.hear(A, Message::KeepAlive);
        outputs.extend(bench.on(Input::Expired(Timer(0))));
    }
    assert!(outputs.contains(&Output::Disconnect(A)), "{outputs:?}");
}

/// It choked in the middle of a chunk, which takes longer than the patience of who waits for it.
#[test]
fn a_neighbor_from_whom_a_chunk_is_on_its_way_is_kept() {
    let protocol = Protocol { neighbors: 1, ..Protocol::default() };
    let mut bench = Bench::new(Role::Peer(Behavior::Cooperative), protocol);
    bench.on(Input::Connected(A));
    bench.hear(A, Message::bitfield(ChunkSet::full(4)));
    bench.hear(A, Message::Unchoke);
    bench.hear(A, Message::Choke);
    for _ in 0..9 {
        bench.hear(A, Message::KeepAlive);
        let outputs = bench.on(Input::Expired(Timer(0)));
        assert!(!outputs.contains(&Output::Disconnect(A)), "{outputs:?}");
    }
}

#[test]
fn no_more_are_accepted_than_there_are_places() {
    // Twice as many as it is to have.
    let protocol = Protocol { neighbors: 1, ..Protocol::default() };
    let mut bench = Bench::new(Role::Source, protocol);
    let answers = [A, B, PeerId(9)].map(|peer| bench.on(Input::Asked(peer)));
    assert_eq!(answers[..2], [[Output::Accept(A)], [Output::Accept(B)]]);
    assert_eq!(answers[2], [Output::Refuse(PeerId(9))]);
    // A is gone before it is a neighbor, so there is a place again.
    bench.on(Input::Disconnected(A));
    bench.on(Input::Connected(B));
    assert_eq!(bench.on(Input::Asked(PeerId(9))), [Output::Accept(PeerId(9))]);
    assert_eq!(bench.on(Input::Asked(A)), [Output::Refuse(A)]);
}

/// What it holds no neighbor can have of it, so it shows nothing; and when it has everything it is
/// gone.
#[test]
fn a_free_rider_makes_no_chunk_look_less_rare() {
    let mut bench = Bench::new(Role::Peer(Behavior::FreeRider), Protocol::default());
    bench.on(Input::Connected(A));
    bench.on(Input::Connected(PeerId::SOURCE));
    bench.hear(PeerId::SOURCE, Message::bitfield(ChunkSet::full(4)));
    bench.hear(PeerId::SOURCE, Message::Unchoke);
    let mut said = Vec::new();
    for chunk in 0..4 {
        said.extend(bench.hear(PeerId::SOURCE, Message::Chunk(ChunkId(chunk))));
        said.extend(bench.on(Input::Connected(PeerId(20 + chunk))));
    }
    let shows = |output: &Output<Message>| {
        let (Output::Send { message, .. } | Output::Tell { message, .. }) = output else {
            return false;
        };
        matches!(message, Message::Have(_) | Message::Bitfield(_))
    };
    assert!(!said.iter().any(shows), "{said:?}");
    for neighbor in [PeerId::SOURCE, A, PeerId(20), PeerId(21), PeerId(22)] {
        assert!(said.contains(&Output::Disconnect(neighbor)), "{neighbor} in {said:?}");
    }
    assert_eq!(bench.on(Input::Asked(B)), [Output::Refuse(B)]);
    // Nor is it there for a peer that it had asked itself.
    assert_eq!(bench.on(Input::Connected(B)), [Output::Disconnect(B)]);
}

/// One neighbor has all that is wanted and lets others wait for their turn; another has nothing.
#[test]
fn who_has_nothing_goes_before_who_lets_one_wait() {
    let protocol = Protocol { neighbors: 2, ..Protocol::default() };
    let mut bench = Bench::new(Role::Peer(Behavior::Cooperative), protocol);
    bench.on(Input::Connected(PeerId::SOURCE));
    bench.hear(PeerId::SOURCE, Message::bitfield(ChunkSet::full(4)));
    bench.on(Input::Connected(A));
    bench.hear(A, Message::Interested);
    let mut dropped = Vec::new();
    for _ in 0..5 {
        bench.hear(PeerId::SOURCE, Message::KeepAlive);
        bench.hear(A, Message::KeepAlive);
        dropped.extend(bench.on(Input::Expired(Timer(0))));
    }
    dropped.retain(|output| matches!(output, Output::Disconnect(_)));
    assert_eq!(dropped, [Output::Disconnect(A)]);
}

/// A peer that holds chunk 0 when it joins and wants chunks 0 and 1.
fn partial() -> Bench {
    let manifest = Manifest::new(Bytes(40), Bytes(10)).unwrap();
    let protocol = Protocol { picker: Picker::InOrder, ..Protocol::default() };
    let settings = Settings {
        holds: ChunkRanges::new([0..1]),
        wants: Some(ChunkRanges::new([0..2])),
        ..Settings::new(protocol, 1)
    };
    let peer = Peer::new(PeerId(1), &manifest, Role::Peer(Behavior::Cooperative), &settings);
    Bench { peer, choose: Seeded::new(1, 0) }
}

#[test]
fn a_peer_shows_what_it_holds_and_requests_only_what_it_wants() {
    let mut bench = partial();
    let shown = [say(A, Message::bitfield(chunks(&[0])))];
    assert_eq!(bench.on(Input::Connected(A)), shown);
    assert_eq!(bench.hear(A, Message::bitfield(chunks(&[0, 2, 3]))), [], "nothing that it wants");
    let told = bench.hear(A, Message::Have(ChunkId(1)));
    assert_eq!(told, [say(A, Message::Interested)]);
    assert_eq!(bench.hear(A, Message::Unchoke), [say(A, Message::Request(ChunkId(1)))]);
    let after = bench.hear(A, Message::Chunk(ChunkId(1)));
    assert_eq!(after.first(), Some(&say(A, Message::NotInterested)));
    assert!(after.contains(&Output::Completed), "{after:?}");
    assert!(after.contains(&Output::Disconnect(A)), "it has all that this peer has: {after:?}");
}

/// What an offer is of no use for is declined, or the offer would stand for ever.
#[test]
fn an_offer_of_an_unwanted_chunk_is_declined() {
    let mut bench = partial();
    bench.on(Input::Connected(A));
    let declined = [say(A, Message::Cancel(ChunkId(3)))];
    assert_eq!(bench.hear(A, Message::Have(ChunkId(3))), declined);
}

/// A neighbor that wants nothing of a peer that needs nothing more is dropped at the second
/// decision: at the first it may not have said yet what it wants.
#[test]
fn a_peer_with_its_part_gives_the_uninterested_up() {
    let mut bench = partial();
    bench.on(Input::Connected(A));
    bench.on(Input::Connected(B));
    bench.hear(B, Message::Interested);
    bench.hear(A, Message::Chunk(ChunkId(1)));
    let drops = |outputs: Vec<Output<Message>>| -> Vec<PeerId> {
        let dropped = outputs.into_iter().filter_map(|output| match output {
            Output::Disconnect(peer) => Some(peer),
            _ => None,
        });
        dropped.collect()
    };
    assert_eq!(drops(bench.on(Input::Expired(Timer(0)))), []);
    assert_eq!(drops(bench.on(Input::Expired(Timer(0)))), [A]);
}
