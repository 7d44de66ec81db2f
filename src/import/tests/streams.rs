//! Streams cut anywhere, packets lost, and bytes that are none: what comes out is part of what was
//! said, and nothing panics.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::import::tcp::{Piece, Stream};
use crate::import::torrent::Torrent;
use crate::import::wire::{Message, Said, Wire};
use crate::import::{bencode, capture, headers, trackers, utp};

const CHUNKS: u64 = 10;
const CHUNK: u64 = 1000;

fn torrent() -> Torrent {
    let (bytes, chunk_bytes) = (CHUNKS * CHUNK, CHUNK);
    Torrent { name: "test".into(), hashes: vec![[7; 20]], bytes, chunk_bytes }
}

/// A stream of messages as they stand on the wire.
fn written(messages: &[Message]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut put = |kind: u8, body: &[u8]| {
        bytes.extend((1 + body.len() as u32).to_be_bytes());
        bytes.push(kind);
        bytes.extend(body);
    };
    for message in messages {
        match message {
            Message::Choke => put(0, &[]),
            Message::Unchoke => put(1, &[]),
            Message::Have { chunk } => put(4, &chunk.to_be_bytes()),
            Message::HaveNone => put(15, &[]),
            Message::AllowedFast { chunk } => put(17, &chunk.to_be_bytes()),
            Message::Block { chunk, begin, bytes, .. } => {
                let body = [chunk.to_be_bytes(), begin.to_be_bytes()].concat();
                put(7, &[body, vec![0xee; *bytes as usize]].concat());
            }
            _ => {}
        }
    }
    let head = [b"\x13BitTorrent protocol".as_slice(), &[0; 8], &[7; 20], &[1; 20]].concat();
    [head, bytes].concat()
}

fn message() -> impl Strategy<Value = Message> {
    let chunk = 0..CHUNKS as u32;
    prop_oneof![
        Just(Message::Choke),
        Just(Message::Unchoke),
        Just(Message::HaveNone),
        chunk.clone().prop_map(|chunk| Message::Have { chunk }),
        chunk.clone().prop_map(|chunk| Message::AllowedFast { chunk }),
        (chunk, 0..900u32, 1..100u32).prop_map(|(chunk, begin, bytes)| Message::Block {
            chunk,
            begin,
            bytes,
            whole: bytes
        }),
    ]
}

/// Cuts of a stream: where, and in which order the parts come.
fn parts(bytes: &[u8], cuts: &[usize]) -> Vec<(usize, Vec<u8>)> {
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    ends.extend([0, bytes.len()]);
    ends.sort_unstable();
    ends.dedup();
    ends.windows(2).map(|ends| (ends[0], bytes[ends[0]..ends[1]].to_vec())).collect()
}

/// What a wire says of the pieces of a stream.
fn said(torrent: &Torrent, feed: impl FnOnce(&mut dyn FnMut(Piece<'_>))) -> Vec<Said> {
    let mut wire = Wire::new();
    let mut all = Vec::new();
    feed(&mut |piece| wire.piece(torrent, piece, true, &mut |message| all.push(message)));
    wire.finish(torrent, &mut |message| all.push(message));
    all
}

fn messages(said: Vec<Said>) -> Vec<Message> {
    let heard = said.into_iter().map(|said| said.message);
    heard.filter(|it| !matches!(it, Message::Handshake { .. })).collect()
}

proptest! {
    /// Segments in any order, some of them twice, over the end of the numbers.
    #[test]
    fn a_stream_is_put_together_again(
        bytes in vec(any::<u8>(), 1..400),
        cuts in vec(any::<usize>(), 0..20),
        order in vec(any::<u32>(), 42),
        base in any::<u32>(),
    ) {
        let mut segments = parts(&bytes, &cuts);
        segments.extend(segments.clone());
        let mut keyed: Vec<_> = order.into_iter().cycle().zip(segments).collect();
        keyed.sort_by_key(|&(key, _)| key);
        let mut stream = Stream::new(base);
        let mut whole = Vec::new();
        let mut take = |piece: Piece<'_>| match piece {
            Piece::Bytes { offset, bytes, .. } => {
                assert_eq!(offset, 1 + whole.len() as i64);
                whole.extend_from_slice(bytes);
            }
            Piece::Hole { .. } => panic!("nothing is missing"),
        };
        stream.segment((base, true), (&[], 0), 0, &mut take);
        for (at, segment) in keyed.iter().map(|(_, segment)| segment) {
            let seq = base.wrapping_add(1 + *at as u32);
            stream.segment((seq, false), (segment, 0), 0, &mut take);
        }
        stream.finish(&mut take);
        prop_assert_eq!(whole, bytes);
    }

    /// Bytes and holes add up to the stream, wherever segments are lost.
    #[test]
    fn what_is_lost_is_a_hole(
        bytes in vec(any::<u8>(), 1..400),
        cuts in vec(any::<usize>(), 0..20),
        lost in vec(any::<bool>(), 22),
        base in any::<u32>(),
    ) {
        let mut stream = Stream::new(base);
        let (mut next, mut wrong) = (1i64, 0);
        let mut take = |piece: Piece<'_>| match piece {
            Piece::Bytes { offset, bytes: part, .. } => {
                wrong += i32::from(offset != next);
                wrong += i32::from(part != &bytes[next as usize - 1..][..part.len()]);
                next += part.len() as i64;
            }
            Piece::Hole { bytes, .. } => next += bytes as i64,
        };
        stream.segment((base, true), (&[], 0), 0, &mut take);
        for ((at, segment), lost) in parts(&bytes, &cuts).into_iter().zip(lost) {
            let seq = base.wrapping_add(1 + at as u32);
            if !lost {
                stream.segment((seq, false), (&segment, 0), 0, &mut take);
            }
            stream.acknowledged(seq.wrapping_add(segment.len() as u32), 0, &mut take);
        }
        stream.finish(&mut take);
        // A hole of one byte at the end looks like the end of the stream.
        prop_assert_eq!(wrong, 0);
        prop_assert!(bytes.len() as i64 <= next && next <= 1 + bytes.len() as i64, "{}", next);
    }

    #[test]
    fn messages_are_read_wherever_the_stream_is_cut(
        list in vec(message(), 0..20), cuts in vec(any::<usize>(), 0..30),
    ) {
        let bytes = written(&list);
        let heard = said(&torrent(), |each| {
            for (at, part) in parts(&bytes, &cuts) {
                let number = at as i64;
                each(Piece::Bytes { offset: number, number, bytes: &part, at: at as u64 });
            }
        });
        prop_assert_eq!(messages(heard), list);
    }

    /// Behind a hole messages are found again, none that was not said, and in their order.
    #[test]
    fn a_hole_loses_messages_and_makes_none(
        list in vec(message(), 1..40), from in any::<usize>(), length in 1..200usize,
    ) {
        let bytes = written(&list);
        let from = 68 + from % (bytes.len() - 67);
        let to = bytes.len().min(from + length);
        let heard = said(&torrent(), |each| {
            each(Piece::Bytes { offset: 0, number: 0, bytes: &bytes[..from], at: 0 });
            each(Piece::Hole { bytes: (to - from) as u64, at: 1 });
            let number = to as i64;
            each(Piece::Bytes { offset: number, number, bytes: &bytes[to..], at: 2 });
        });
        let is_whole = |it: &Message| {
            !matches!(it, Message::Block { bytes, whole, .. } if bytes < whole)
        };
        let heard: Vec<Message> = messages(heard).into_iter().filter(is_whole).collect();
        let mut rest = list.iter();
        for message in &heard {
            prop_assert!(rest.any(|said| said == message), "{:?} in {:?}", message, list);
        }
    }

    #[test]
    fn no_bytes_make_a_reader_panic(
        bytes in vec(any::<u8>(), 0..300), cuts in vec(any::<usize>(), 0..5), middle: bool,
    ) {
        let torrent = torrent();
        let mut wire = Wire::new();
        for (at, part) in parts(&bytes, &cuts) {
            let piece = Piece::Bytes { offset: at as i64, number: 0, bytes: &part, at: 0 };
            wire.piece(&torrent, piece, !middle, &mut drop);
            wire.piece(&torrent, Piece::Hole { bytes: 1, at: 0 }, !middle, &mut drop);
        }
        wire.finish(&torrent, &mut drop);
        let _ = (bencode::read(&bytes), trackers::udp(&bytes), utp::read(&bytes));
        let _ = Torrent::read(&bytes);
        let mut http = trackers::Http::default();
        http.bytes(&bytes);
        let _ = (http.request(), http.answer());
        let mut bytes = bytes;
        bytes.splice(0..bytes.len().min(4), [0xd4, 0xc3, 0xb2, 0xa1]);
        let _ = capture::read(bytes.as_slice(), &mut |packet| {
            let _ = headers::read(&packet);
        });
    }
}
