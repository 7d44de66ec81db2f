//! Which chunks a peer holds or wants, as people write them: a word, a share that is drawn from the
//! seed for each peer, ranges, or a list of ranges.

use super::settings::Share;
use super::table::Field;
use super::{ChunkRanges, FileError};
use crate::choose::{Seeded, sample};
use crate::chunks::{ChunkId, Manifest};
use crate::units::parse_decimal;

/// Every chunk of the file.
pub(super) const EVERYTHING: &str = "everything";

/// No chunk.
const NOTHING: &str = "nothing";

const EXAMPLES: &str = "write \"nothing\", \"everything\", \"50 %\", \"chunks 0..200\" (200 not \
                        included), \"chunk 7\", or a list of ranges";

/// The most chunks that shares may be drawn from, over all peers: beyond, reading takes long.
const MOST_DRAWN: u64 = 1 << 26;

/// Chunks as they are written.
pub(super) enum Chunks<'t> {
    Nothing,
    Everything,
    /// A part of the file, drawn for each peer.
    Share(Share, Field<'t>),
    Ranges(ChunkRanges),
}

impl<'t> Chunks<'t> {
    pub(super) fn read(field: Field<'t>) -> Result<Self, FileError> {
        let Ok(text) = field.text("") else {
            let ranges = field.list("for example [\"chunks 0..200\", \"chunk 300\"]")?;
            let ranges: Vec<_> = ranges
                .iter()
                .map(|field| range(field, field.text("\"chunks 0..200\"")?.trim()))
                .collect::<Result<_, _>>()?;
            return Ok(Chunks::Ranges(ChunkRanges::new(ranges)));
        };
        match text.trim() {
            NOTHING => Ok(Chunks::Nothing),
            EVERYTHING => Ok(Chunks::Everything),
            text => match text.strip_suffix('%') {
                None => Ok(Chunks::Ranges(ChunkRanges::new([range(&field, text)?]))),
                Some(percent) => {
                    let decimal = parse_decimal(percent.trim());
                    let share = decimal.and_then(|(count, shift)| Share::percent(count, shift));
                    let share = share.ok_or_else(|| {
                        field.error(format!(
                            "`{text}` is no share; write one from \"0 %\" to \"100 %\""
                        ))
                    })?;
                    Ok(Chunks::Share(share, field))
                }
            },
        }
    }
}

/// `chunks 0..200`, `chunk 7`.
fn range(field: &Field<'_>, text: &str) -> Result<std::ops::Range<u32>, FileError> {
    let wrong = || field.error(format!("`{text}` names no chunks; {EXAMPLES}"));
    let number = |digits: &str| -> Result<u32, FileError> {
        let digits = digits.trim();
        if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(wrong());
        }
        let most = Manifest::MAX_CHUNKS;
        let number: Option<u32> = digits.parse().ok();
        number.filter(|&number| u64::from(number) <= most).ok_or_else(|| {
            field.error(format!("`{digits}` is too large; a file has at most {most} chunks"))
        })
    };
    if let Some(chunk) = text.strip_prefix("chunk ") {
        let chunk = number(chunk)?;
        return Ok(chunk..chunk + 1);
    }
    let ends = text.strip_prefix("chunks ").and_then(|ends| ends.split_once(".."));
    let (start, end) = ends.ok_or_else(wrong)?;
    let (start, end) = (number(start)?, number(end)?);
    if end <= start {
        return Err(field.error(format!(
            "`{text}` has no chunk; write a first chunk and one more than the last, for example \
             \"chunks 0..200\""
        )));
    }
    Ok(start..end)
}

/// What a share is drawn for; each has streams of the seed of its own, one a peer, far from those
/// of arrivals and of a run.
#[derive(Clone, Copy)]
pub(super) enum DrawnFor {
    Holds = 1,
    Wants = 2,
}

/// Draws shares of one file.
pub(super) struct Drawing {
    chunks: usize,
    seed: u64,
    /// How many chunks may be drawn from still.
    left: u64,
}

impl Drawing {
    pub(super) fn new(file: &Manifest, seed: u64) -> Self {
        Drawing { chunks: file.chunks(), seed, left: MOST_DRAWN }
    }

    /// What the peer at `peer` holds or wants.
    pub(super) fn draw(
        &mut self,
        chunks: &Chunks<'_>,
        drawn_for: DrawnFor,
        peer: usize,
    ) -> Result<ChunkRanges, FileError> {
        let (share, field) = match chunks {
            Chunks::Nothing => return Ok(ChunkRanges::EMPTY),
            Chunks::Everything => return Ok(ChunkRanges::all(self.chunks)),
            Chunks::Ranges(ranges) => return Ok(ranges.clone()),
            Chunks::Share(share, field) => (share, field),
        };
        let count = share.of(self.chunks);
        if count == self.chunks {
            return Ok(ChunkRanges::all(self.chunks));
        }
        self.left = self.left.checked_sub(self.chunks as u64).ok_or_else(|| {
            field.error(format!(
                "shares of more than {MOST_DRAWN} chunks would be drawn, over all peers; write \
                 ranges, fewer peers or larger chunks"
            ))
        })?;
        let stream = ((1 + drawn_for as u64) << 33) + peer as u64;
        let mut all: Vec<u32> = (0..self.chunks as u32).collect();
        let drawn = sample(&mut all, count, &mut Seeded::new(self.seed, stream));
        drawn.sort_unstable();
        Ok(drawn.iter().map(|&chunk| ChunkId(chunk)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Peer, Scenario, read_toml};

    const HEAD: &str = "file.size = \"10 B\"\nfile.chunk = \"1 B\"\nsource.upload = \"1 bit/s\"\n";

    /// One group of so many peers with these fields, and a peer that starts with nothing.
    fn read(fields: &str, seed: u64) -> Result<Scenario, FileError> {
        let peers = "[[peers]]\nupload = \"1 bit/s\"\n";
        read_toml("a.toml", &format!("{HEAD}{peers}{fields}\n{peers}"), Some(seed))
    }

    fn peers(fields: &str) -> Vec<Peer> {
        let mut peers = read(fields, 1).unwrap().into_parts().peers;
        peers.pop();
        peers
    }

    #[test]
    fn chunks_are_read_as_they_are_written() {
        for (written, expected) in [
            ("\"nothing\"", "no chunk"),
            ("\" everything \"", "chunks 0..10"),
            ("\"0 %\"", "no chunk"),
            ("\"100 %\"", "chunks 0..10"),
            ("\"chunks 2..5\"", "chunks 2..5"),
            ("\"chunk 9\"", "chunk 9"),
            ("[\"chunks 4..6\", \"chunk 0\", \"chunks 5..8\"]", "chunk 0, chunks 4..8"),
        ] {
            let [peer] = &peers(&format!("holds = {written}"))[..] else { panic!("one peer") };
            assert_eq!(peer.holds.to_string(), expected, "{written}");
            assert_eq!(peer.wants, None);
        }
        let [peer] = &peers("wants = \"chunks 2..5\"")[..] else { panic!("one peer") };
        assert_eq!(
            (peer.holds.is_empty(), peer.wants.clone()),
            (true, Some(ChunkRanges::new([2..5])))
        );
    }

    #[test]
    fn what_says_the_default_changes_nothing() {
        let plain = read("count = 3", 7).unwrap();
        let said = "count = 3\nholds = \"nothing\"\nwants = \"everything\"";
        assert_eq!(read(said, 7).unwrap(), plain);
        assert_eq!(read("count = 3\nholds = \"0 %\"\nwants = \"100 %\"", 7).unwrap(), plain);
    }

    #[test]
    fn a_share_is_drawn_from_the_seed_for_each_peer() {
        let drawn = |seed| read("count = 8\nholds = \"33 %\"\nwants = \"75 %\"", seed).unwrap();
        let one = drawn(3);
        assert_eq!(drawn(3), one);
        assert_ne!(drawn(4).into_parts().peers, one.parts().peers);
        let group = &one.parts().peers[..8];
        // 3.3 and 7.5 chunks, to the nearest; a half is rounded up.
        assert!(group.iter().all(|peer| peer.holds.count() == 3));
        assert!(group.iter().all(|peer| peer.wants.as_ref().map(ChunkRanges::count) == Some(8)));
        let differ = |peers: &[Peer]| peers.windows(2).any(|pair| pair[0].holds != pair[1].holds);
        assert!(differ(group), "each peer draws its own");
        assert_eq!(read_toml("a.toml", &one.to_toml(), None).as_ref(), Ok(&one), "as lists");
    }

    #[test]
    fn what_names_no_chunks_is_refused_where_it_stands() {
        for (fields, place, message) in [
            ("holds = \"all\"", (6, 9), "`all` names no chunks; write \"nothing\", \"everything\""),
            ("holds = 3", (6, 9), "`3` is a number; write a list, for example"),
            ("holds = []", (6, 9), "is empty; write at least one value"),
            ("holds = [\"chunk 1\", 3]", (6, 21), "`3` is a number; write a text"),
            ("holds = [\"50 %\"]", (6, 10), "`50 %` names no chunks"),
            ("holds = \"101 %\"", (6, 9), "is no share; write one from \"0 %\" to \"100 %\""),
            ("holds = \"-5 %\"", (6, 9), "is no share"),
            ("holds = \"chunks 5..5\"", (6, 9), "`chunks 5..5` has no chunk"),
            ("holds = \"chunks 7..5\"", (6, 9), "`chunks 7..5` has no chunk"),
            ("holds = \"chunks ..5\"", (6, 9), "names no chunks"),
            ("holds = \"chunks 0..=5\"", (6, 9), "names no chunks"),
            ("holds = \"chunk -1\"", (6, 9), "names no chunks"),
            ("holds = \"chunk 99999999999\"", (6, 9), "too large; a file has at most 16777216"),
            (
                "holds = \"chunks 0..11\"",
                (6, 9),
                "there is no chunk 10: the file has chunks 0 to 9",
            ),
            ("wants = \"nothing\"", (6, 9), "wants nothing; write the chunks that it wants"),
            ("wants = \"0 %\"", (6, 9), "wants nothing"),
            ("wants = \"chunk 10\"", (6, 9), "there is no chunk 10"),
        ] {
            let error = read(fields, 1).expect_err(fields);
            assert_eq!((error.line, error.column), place, "{error}");
            let field = &fields[..5];
            assert_eq!(error.field, format!("peers[0].{field}"), "{error}");
            assert!(error.message.contains(message), "{error}");
        }
        let full = format!("{HEAD}[[peers]]\nupload = \"1 bit/s\"\nholds = \"everything\"");
        let error = read_toml("a.toml", &full, None).unwrap_err();
        assert_eq!((error.line, error.field.as_str()), (4, "peers"), "{error}");
        assert!(error.message.contains("every peer holds everything"), "{error}");
        let large = "file.size = \"16 MB\"\nfile.chunk = \"1 B\"\nsource.upload = \"1 bit/s\"\n\
                     [[peers]]\ncount = 5\nupload = \"1 bit/s\"\nholds = \"50 %\"";
        let error = read_toml("a.toml", large, None).unwrap_err();
        assert_eq!((error.line, error.column), (7, 9), "{error}");
        assert!(error.message.contains("more than 67108864 chunks would be drawn"), "{error}");
    }
}
