//! Scenarios as people write them: TOML with units, groups of peers, arrivals drawn from a seed.
//!
//! Reading resolves: the [`Scenario`] that comes out says a time for every arrival and does not
//! know how it was written. The same text and seed always give the same scenario, on every
//! machine: no floating point is involved. No file is opened here.

use super::{
    Behavior, ChunkRanges, DEFAULT_CHUNK, DEFAULT_SEED, DEFAULT_UNTIL, Discipline, Leaves, Link,
    MOST_PEERS, Malformed, Network, Parts, Peer, Protocol, Scenario, Source, SourceLeaves,
};
use crate::chunks::{Manifest, ManifestError};
use crate::units::{Bytes, Time};

mod arrivals;
mod capacity;
mod chunks;
mod settings;
mod sweep;
mod table;
#[cfg(test)]
mod tests;
mod write;

use arrivals::{Joins, dwell};
use capacity::{read_download, read_upload};
use chunks::{Chunks, Drawing, DrawnFor};
use settings::{NOTHING, Settings};
pub use sweep::{MOST_RUNS, Place, Sweep, Written};
pub(super) use table::{Field, Table};
use table::{Form, KNOWN, Spans, Text};
pub(super) use write::span;

/// Why a text is no scenario.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct FileError {
    /// The name of the file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The path of the field, like `peers[0].upload`: the groups of peers count from 0. Empty when
    /// the text is no TOML at all.
    pub field: String,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl std::fmt::Display for FileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.message)
    }
}

/// Reads a scenario from the text of the file called `file` and resolves it. `seed` overrides the
/// seed of the text, so that arrivals are drawn anew.
///
/// # Errors
/// With line, column and field: text that is no TOML, a field that is unknown, missing or of the
/// wrong kind, a quantity without its unit, and whatever [`Scenario::new`] refuses.
pub fn read_toml(file: &str, text: &str, seed: Option<u64>) -> Result<Scenario, FileError> {
    read(Text { file, text }, &NOTHING, seed)
}

/// Reads a scenario with what is set over it.
fn read<'t>(
    text: Text<'t>,
    settings: &'t Settings<'t>,
    seed: Option<u64>,
) -> Result<Scenario, FileError> {
    let mut spans = Spans::default();
    let mut root = Table::root(Form { text, known: KNOWN, settings }, &mut spans)?;
    let name = match root.take("name") {
        Some(field) => field.text("\"figure\"")?.to_owned(),
        None => stem(text.file).to_owned(),
    };
    if let Some(about) = root.take("about") {
        about.text("\"what this scenario shows\"")?;
    }
    let file = root.need_table("file", "[file] with size = \"1 GB\"", &mut spans)?;
    let file = manifest(file, settings)?;
    let source = "[source] with upload = \"10 Mbit/s\"";
    let source = read_source(root.need_table("source", source, &mut spans)?)?;
    let mut groups = read_groups(&mut root, &mut spans)?;
    settings.scale(&mut groups);
    let protocol = match root.take_word("protocol", write::UNKNOWN) {
        true => None,
        false => match root.table("protocol", &mut spans)? {
            Some(table) => Some(Protocol::read(table)?),
            None => Some(Protocol::default()),
        },
    };
    let mut network = Network::default();
    if let Some(mut table) = root.table("network", &mut spans)? {
        let link = read_link(&mut table)?;
        network.latency = link.latency.unwrap_or(network.latency);
        network.burst = link.burst.unwrap_or(network.burst);
    }
    let discipline = match root.table("discipline", &mut spans)? {
        Some(table) => read_discipline(table)?,
        None => Discipline::default(),
    };
    let (mut drawn_from, mut until) = (DEFAULT_SEED, DEFAULT_UNTIL);
    if let Some(mut run) = root.table("run", &mut spans)? {
        drawn_from = run.take("seed").map_or(Ok(drawn_from), |field| field.whole(0..=u64::MAX))?;
        until = run.take("until").map_or(Ok(until), |field| field.quantity("30 days"))?;
    }
    let seed = seed.unwrap_or(drawn_from);
    let peers = settle(&groups, settings, seed, &file)?;
    let parts = Parts { name, file, source, peers, protocol, network, discipline, seed, until };
    Scenario::new(parts).map_err(|malformed| blame(text, &spans, &groups, malformed))
}

/// Reads what an engine may do from the text of the file called `file`: its `[discipline]`, and the
/// burst of every link where `[network]` says one.
///
/// # Errors
/// As [`read_toml`]; and whatever else a scenario may say.
pub fn read_allowance(file: &str, text: &str) -> Result<(Discipline, Option<Bytes>), FileError> {
    let text = Text { file, text };
    let mut spans = Spans::default();
    let mut root = Table::root(Form { text, known: KNOWN, settings: &NOTHING }, &mut spans)?;
    let discipline = match root.table("discipline", &mut spans)? {
        Some(table) => read_discipline(table)?,
        None => Discipline::default(),
    };
    let mut burst = None;
    if let Some(mut table) = root.table("network", &mut spans)? {
        burst = table.take("burst").map(|field| field.quantity("64 KiB")).transpose()?;
        table.is_empty(MORE)?;
    }
    root.is_empty(MORE)?;
    Ok((discipline, burst))
}

/// What is wrong with more than an allowance.
const MORE: &str = "says more than what an engine may do; write [discipline], and [network] with \
                    its burst, and nothing else";

/// The name of a file without its folder and ending.
fn stem(file: &str) -> &str {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    name.strip_suffix(".toml").unwrap_or(name)
}

fn manifest(mut table: Table<'_>, settings: &Settings<'_>) -> Result<Manifest, FileError> {
    let size = table.need("size", "size = \"1 GB\"")?;
    let chunk = table.take("chunk");
    let bytes = size.quantity("1 GB")?;
    let length: Bytes =
        chunk.as_ref().map_or(Ok(DEFAULT_CHUNK), |field| field.quantity("256 KiB"))?;
    if let Some((chunks, field)) = &settings.chunks {
        let bytes = length.0.checked_mul(*chunks).ok_or_else(|| {
            field.error(format!("{chunks} chunks of {length} are too large; write fewer"))
        })?;
        return Manifest::new(Bytes(bytes), length).map_err(|error| field.error(error.to_string()));
    }
    Manifest::new(bytes, length).map_err(|error| match chunk {
        Some(chunk) if error != ManifestError::EmptyFile => chunk.error(error.to_string()),
        _ => size.error(error.to_string()),
    })
}

/// What a link has of its own.
fn read_link(table: &mut Table<'_>) -> Result<Link, FileError> {
    Ok(Link {
        latency: table.take("latency").map(|field| field.quantity("20 ms")).transpose()?,
        burst: table.take("burst").map(|field| field.quantity("64 KiB")).transpose()?,
    })
}

fn read_source(mut table: Table<'_>) -> Result<Source, FileError> {
    let upload = table.need("upload", "upload = \"10 Mbit/s\"")?;
    let upload = read_upload(&upload, "10 Mbit/s")?;
    let leaves = match table.take("leaves") {
        Some(field) => source_leaves(&field)?,
        None => SourceLeaves::Never,
    };
    let upload_unknown = upload.is_none();
    let (upload, upload_changes) = upload.unwrap_or_default();
    let link = read_link(&mut table)?;
    Ok(Source { upload, upload_changes, upload_unknown, leaves, link })
}

/// `never`, `at T`, `after 1 copy`, `after N copies`.
fn source_leaves(field: &Field<'_>) -> Result<SourceLeaves, FileError> {
    let text = field.text("\"never\"")?.trim();
    if text == "never" {
        return Ok(SourceLeaves::Never);
    }
    if let Some(time) = text.strip_prefix("at ") {
        return field.part(time).map(SourceLeaves::At);
    }
    let copies = text
        .strip_prefix("after ")
        .and_then(|rest| rest.strip_suffix(" copies").or_else(|| rest.strip_suffix(" copy")));
    match copies {
        Some(copies) if !copies.is_empty() && copies.bytes().all(|it| it.is_ascii_digit()) => {
            let number = copies.parse().map(SourceLeaves::AfterCopies);
            number.map_err(|_| field.error(format!("`{copies}` is too large; write fewer copies")))
        }
        _ => Err(field.error(format!(
            "`{text}` is no departure of a source; \
             write \"never\", \"at 90 s\", \"after 1 copy\" or \"after 2 copies\""
        ))),
    }
}

/// When the peers of a group leave.
#[derive(Clone, Copy)]
enum Departures {
    /// Each so.
    Same(Leaves),
    /// After completion, by chance, with this mean.
    Exponential(Time),
}

/// `never`, `at T`, `on completion`, `T after completion`, `exponential T after completion`.
fn peer_leaves(field: &Field<'_>) -> Result<Departures, FileError> {
    let text = field.text("\"never\"")?.trim();
    let mean =
        text.strip_prefix("exponential ").and_then(|rest| rest.strip_suffix(" after completion"));
    match mean {
        Some(mean) => field.part(mean).map(Departures::Exponential),
        None => fixed_departure(field, text).map(Departures::Same),
    }
}

fn fixed_departure(field: &Field<'_>, text: &str) -> Result<Leaves, FileError> {
    if let Some(time) = text.strip_prefix("at ") {
        return field.part(time).map(Leaves::At);
    }
    if let Some(span) = text.strip_suffix(" after completion") {
        return field.part(span).map(Leaves::AfterCompletion);
    }
    match text {
        "never" => Ok(Leaves::Never),
        "on completion" => Ok(Leaves::AfterCompletion(Time::ZERO)),
        _ => Err(field.error(format!(
            "`{text}` is no departure of a peer; \
             write \"never\", \"at 90 s\", \"on completion\", \"30 s after completion\" or \
             \"exponential 30 s after completion\""
        ))),
    }
}

/// Peers that are written once: `count` of them, alike but for their arrivals.
struct Group<'t> {
    count: usize,
    joins: Joins,
    /// Where the arrivals are written; None when they are left out.
    joins_field: Option<Field<'t>>,
    /// One of them, arrived at the start.
    peer: Peer,
    departures: Departures,
    holds: Chunks<'t>,
    wants: Chunks<'t>,
}

fn read_groups<'t>(
    root: &mut Table<'t>,
    spans: &mut Spans<'t>,
) -> Result<Vec<Group<'t>>, FileError> {
    let mut groups = Vec::new();
    let mut total = 0;
    for mut table in root.need_tables("peers", "[[peers]] with upload = \"1 Mbit/s\"", spans)? {
        let count = table.take("count");
        let number = count.as_ref().map_or(Ok(1), |field| field.whole(0..=MOST_PEERS as u64))?;
        total += number;
        if (MOST_PEERS as u64) < total {
            let wrong = format!("makes {total} peers; write at most {MOST_PEERS} in all");
            return Err(count.map_or_else(|| table.error(&wrong), |count| count.error(&wrong)));
        }
        groups.push(read_group(table, number as usize)?);
    }
    Ok(groups)
}

fn read_group(mut table: Table<'_>, count: usize) -> Result<Group<'_>, FileError> {
    let upload = table.need("upload", "upload = \"1 Mbit/s\", or \"0 bit/s\" for none")?;
    let upload = read_upload(&upload, "1 Mbit/s")?;
    let download = match table.take("download") {
        Some(field) => read_download(&field)?,
        None => None,
    };
    let joins_field = table.take("joins");
    let joins = joins_field.as_ref().map_or(Ok(Joins::At(Time::ZERO)), Joins::read)?;
    let leaves = table.take("leaves");
    let departures = leaves.as_ref().map_or(Ok(Departures::Same(Leaves::Never)), peer_leaves)?;
    let behavior =
        table.take("behavior").map_or(Ok(Behavior::Cooperative), |field| field.word())?;
    let link = read_link(&mut table)?;
    let reachable = table.take("reachable").map_or(Ok(true), |field| field.flag())?;
    let holds = table.take("holds").map_or(Ok(Chunks::Nothing), Chunks::read)?;
    let wants = table.take("wants").map_or(Ok(Chunks::Everything), Chunks::read)?;
    let upload_unknown = upload.is_none();
    let (rate, changes) = upload.unwrap_or_default();
    let (download, download_changes) = download.unzip();
    let peer = Peer::new(rate).upload_changes(changes).download(download);
    let peer = peer.download_changes(download_changes.unwrap_or_default());
    let peer = Peer { upload_unknown, behavior, link, reachable, ..peer };
    Ok(Group { count, joins, joins_field, peer, departures, holds, wants })
}

fn read_discipline(mut table: Table<'_>) -> Result<Discipline, FileError> {
    let stall = table.take("stall").map(|field| field.quantity("60 s")).transpose()?;
    let mut flag = |name| table.take(name).map_or(Ok(false), |field| field.flag());
    Ok(Discipline {
        cut_through: flag("cut_through")?,
        multi_source: flag("multi_source")?,
        coded: flag("coded")?,
        stall,
    })
}

/// Every peer with its arrival, group after group. Free riders that are set stand evenly among the
/// others of their group, so that they come neither first nor last.
fn settle(
    groups: &[Group<'_>],
    settings: &Settings<'_>,
    seed: u64,
    file: &Manifest,
) -> Result<Vec<Peer>, FileError> {
    let mut drawing = Drawing::new(file, seed);
    let mut peers = Vec::with_capacity(groups.iter().map(|group| group.count).sum());
    let riders = settings.riders(groups);
    for (stream, group) in (0..).zip(groups) {
        let mut arrivals = group.joins.arrivals(seed, stream);
        let riders = riders.as_ref().map(|riders| riders[stream as usize]);
        for at in 0..group.count {
            let joins = arrivals.next().ok_or_else(|| {
                let field = group.joins_field.as_ref().expect("a default arrival is at the start");
                field.error("the last of them arrives after 584 years; write earlier arrivals")
            })?;
            let before = |at: usize, riders: usize| at * riders / group.count;
            let behavior = match riders {
                None => group.peer.behavior,
                Some(riders) if before(at, riders) < before(at + 1, riders) => Behavior::FreeRider,
                Some(_) => Behavior::Cooperative,
            };
            let holds = drawing.draw(&group.holds, DrawnFor::Holds, peers.len())?;
            let wants = match &group.wants {
                Chunks::Everything => None,
                part => Some(drawing.draw(part, DrawnFor::Wants, peers.len())?),
            };
            let leaves = match group.departures {
                Departures::Same(leaves) => leaves,
                // Beyond 584 years is never.
                Departures::Exponential(mean) => {
                    dwell(seed, peers.len(), mean).map_or(Leaves::Never, Leaves::AfterCompletion)
                }
            };
            peers.push(Peer { joins, leaves, behavior, holds, wants, ..group.peer.clone() });
        }
    }
    Ok(peers)
}

/// Finds where that stands which [`Scenario::new`] refused: the field, or what it should stand in.
fn blame(
    text: Text<'_>,
    spans: &Spans<'_>,
    groups: &[Group<'_>],
    malformed: Malformed,
) -> FileError {
    let Malformed { mut field, message } = malformed;
    let peer = field.strip_prefix("peers[").and_then(|rest| rest.split_once(']'));
    if let Some((peer, rest)) = peer
        && let Ok(peer) = peer.parse::<usize>()
    {
        let ends = groups.iter().scan(0, |end, group| {
            *end += group.count;
            Some(*end)
        });
        let group = ends.take_while(|&end| end <= peer).count();
        field = format!("peers[{group}]{rest}");
    }
    let mut path = field.as_str();
    let (text, span) = loop {
        if let Some(place) = spans.find(path) {
            break place;
        }
        match path.rfind(['.', '[']) {
            Some(end) => path = &path[..end],
            None => break (text, 0..0),
        }
    };
    text.error(span, &field, message)
}
