//! The bytes that are foreseen are those that the tables take: beside them stand tables of the same
//! form that are really filled.

use super::super::graph::Edges;
use super::super::heap::Owned;
use super::super::store::{Insertion, NO_PARENT, Offer, Store, room};
use super::*;

fn held<T>(items: &Vec<T>) -> usize {
    items.capacity() * size_of::<T>()
}

#[test]
fn a_vector_takes_the_room_that_was_foreseen() {
    let mut items: Vec<u32> = Vec::with_capacity(8);
    for len in 0..1000 {
        assert_eq!(room(&items, 0), held(&items));
        for more in [0, 1, 2, items.capacity() / 2, items.capacity()] {
            let mut longer = Vec::with_capacity(items.capacity());
            longer.extend(&items);
            for item in 0..more as u32 {
                longer.push(item);
            }
            assert_eq!(room(&items, more), held(&longer), "{more} after {len}");
        }
        items.push(len);
    }
    assert_eq!(room(&items, 100_000), 4 * 101_000, "what does not fit in twice is needed as it is");
}

/// The bytes of a table of `filled` states: 8 a slot, a power of two from 1024 on, and no more than
/// five eighths of them filled.
fn table(filled: usize) -> usize {
    let mut slots = 1024;
    while 5 * slots <= 8 * filled {
        slots *= 2;
    }
    8 * slots
}

#[test]
fn the_states_take_the_room_that_was_foreseen() {
    let mut store: Store<u64> = Store::new();
    let mut parents: Vec<u32> = Vec::new();
    let mut states: Vec<u64> = Vec::new();
    for at in 0..6000 {
        let now = held(&states) + held(&parents) + table(at);
        assert_eq!(store.bytes_with(0), now, "{at}");
        let more = 1 + at / 3;
        // While a table grows, it stands beside the one that is twice as large.
        let grown = table(at + more);
        let tables = if grown == table(at) { grown } else { grown + table(at) };
        assert!(grown <= 2 * table(at));
        let foreseen = room(&states, more) + room(&parents, more) + tables;
        assert_eq!(store.bytes_with(more), foreseen, "{more} after {at}");
        let inserted = store.insert(Offer::new(at as u64, 0), NO_PARENT);
        assert!(matches!(inserted, Insertion::New(new) if new as usize == at));
        states.push(at as u64);
        parents.push(NO_PARENT);
    }
}

#[test]
fn the_transitions_take_the_room_that_was_foreseen() {
    let mut edges = Edges::default();
    let (mut ends, mut targets, mut classes) = (Vec::<usize>::new(), Vec::new(), Vec::new());
    for from in 0..500u32 {
        let now = held(&ends) + held::<u32>(&targets) + held::<u16>(&classes);
        assert_eq!(edges.bytes_with(0), now, "{from}");
        let more = 1 + from as usize / 2;
        let foreseen = room(&ends, more) + room(&targets, more) + room(&classes, more);
        assert_eq!(edges.bytes_with(more), foreseen, "{more} after {from}");
        for to in from..from + 3 {
            edges.push(from, to, 1);
            // A step to itself is not kept.
            if to != from {
                targets.push(to);
                classes.push(1);
            }
        }
        edges.close();
        ends.push(targets.len());
    }
}

/// A wheel has as many transitions as states.
#[test]
fn a_search_takes_the_room_of_its_states_and_transitions() {
    let (wheel, states) = (Wheel(50_000), 50_000);
    let spec = Spec { claims: Vec::new(), classes: Classes::single(), symmetry: None, heap: None };
    let bytes = |edges| {
        let settings = CheckSettings { edges, ..CheckSettings::default() };
        let mut search = Search::new(&wheel, &spec, settings).unwrap();
        search.run(Limits::NONE, &mut go).unwrap();
        search.progress().bytes
    };
    let filled = |size: usize| {
        let mut items: Vec<u8> = Vec::with_capacity(4);
        items.extend([0; 4]);
        (4..states).for_each(|_| items.push(0));
        items.capacity() * size
    };
    let tables = filled(size_of::<u32>()) * 2 + table(states);
    assert_eq!(bytes(KeepEdges::AsClaimed), tables);
    let edges = filled(size_of::<usize>()) + filled(size_of::<u32>()) + filled(size_of::<u16>());
    assert_eq!(bytes(KeepEdges::Always), tables + edges);
}

/// Three states in a row share a block of 1000 bytes and more.
fn shared(_: &Wheel, state: &u32, each: &mut dyn FnMut(Block)) {
    let block = *state as usize / 3;
    each(Block { address: 8 * block, bytes: 1000 + block % 7 });
}

#[test]
fn what_states_share_counts_once() {
    let (wheel, states) = (Wheel(5000), 5000_usize);
    let search = |heap| {
        let spec = Spec { claims: Vec::new(), classes: Classes::single(), symmetry: None, heap };
        let mut search = Search::new(&wheel, &spec, CheckSettings::default()).unwrap();
        search.run(Limits::NONE, &mut go).unwrap();
        search.progress().bytes
    };
    let blocks = 0..states.div_ceil(3);
    // An address takes three words.
    let heap: usize = blocks.map(|block| 1000 + block % 7 + 3 * size_of::<usize>()).sum();
    assert_eq!(search(Some(shared as Heap<Wheel>)), search(None) + heap);
}

#[test]
fn owned_heap_counts_against_the_limit() {
    let wheel = Wheel(1_000_000);
    let cut = |heap, bytes| {
        let spec = Spec { claims: Vec::new(), classes: Classes::single(), symmetry: None, heap };
        let mut search = Search::new(&wheel, &spec, CheckSettings::default()).unwrap();
        let exploration = search.run(Limits { bytes, ..Limits::NONE }, &mut go).unwrap();
        (exploration, search.progress())
    };
    let limit = 100 << 20;
    let (exploration, light) = cut(None, limit);
    assert_eq!(exploration, Exploration::Exhausted);
    assert!(light.bytes < limit / 2, "{light:?}");
    let (exploration, heavy) = cut(Some(shared as Heap<Wheel>), limit);
    assert_eq!(exploration, Exploration::Bounded(Reason::Memory));
    assert!(limit / 2 < heavy.bytes && heavy.bytes < limit, "{heavy:?}");
}

#[test]
fn heap_is_foreseen_as_it_was_on_average_and_rounded_up() {
    let mut owned = Owned::default();
    assert_eq!(owned.bytes_with(0, 1000), 0);
    for address in [1, 2, 2, 3, 1] {
        owned.count(Block { address, bytes: 100 - 3 * size_of::<usize>() });
    }
    let foreseen = [(3, 0, 300), (3, 1, 400), (7, 1, 343), (7, 2, 386), (300, 1, 301)];
    for (states, more, bytes) in foreseen {
        assert_eq!(owned.bytes_with(states, more), bytes, "{more} after {states}");
    }
    owned.count(Block { address: 4, bytes: usize::MAX });
    assert_eq!(owned.bytes_with(1, usize::MAX), usize::MAX);
}
