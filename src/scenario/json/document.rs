//! The form of a resolved scenario on the wire, and the two ways between it and a [`Scenario`].
//!
//! The fields are those of the format and nothing else; what they mean together is checked by
//! [`Scenario::new`] alone.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::capacity::Capacity;
use super::{DEFAULT_SEED, DEFAULT_UNTIL, Malformed, Scenario};
use crate::chunks::{Manifest, ManifestError};
#[cfg(feature = "schema")]
use crate::scenario::MOST_PEERS;
use crate::scenario::{
    Behavior, ChunkRanges, Discipline, Leaves, Link, Network, Parts, Peer, Protocol, Source,
    SourceLeaves, malformed,
};
use crate::units::{Bytes, Rate, RateChanges, Time};

/// A scenario on the wire; `E` is the evidence of a trace's header.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(description = "A resolved scenario"))]
#[serde(deny_unknown_fields, expecting = "an object with the fields of a scenario")]
pub(crate) struct Document<E> {
    swarmbound: Version,
    name: String,
    file: RawFile,
    source: RawSource,
    #[cfg_attr(feature = "schema", schemars(extend("minItems" = 1, "maxItems" = MOST_PEERS)))]
    peers: Vec<RawPeer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    protocol: Option<Protocol>,
    #[serde(default)]
    network: RawNetwork,
    #[serde(default)]
    discipline: RawDiscipline,
    #[serde(default = "default_seed")]
    seed: u64,
    #[serde(default = "default_until")]
    #[cfg_attr(feature = "schema", schemars(extend("minimum" = 1)))]
    until_ns: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<E>,
    /// Free for the writer; it is not read.
    #[serde(default, skip_serializing, rename = "x")]
    #[cfg_attr(feature = "schema", schemars(with = "serde_json::Value"))]
    _x: Option<IgnoredAny>,
}

fn default_seed() -> u64 {
    DEFAULT_SEED
}

fn default_until() -> Time {
    DEFAULT_UNTIL
}

/// The version of the format: 1.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(inline, with = "u64", extend("const" = 1)))]
struct Version;

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(1)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u64::deserialize(deserializer)? {
            1 => Ok(Version),
            other => Err(serde::de::Error::custom(format!(
                "this is version {other} of the format, and only version 1 is known; write 1"
            ))),
        }
    }
}

/// The only value of `"never"`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(inline, with = "bool", extend("const" = true)))]
struct True;

impl Serialize for True {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(true)
    }
}

impl<'de> Deserialize<'de> for True {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if bool::deserialize(deserializer)? {
            return Ok(True);
        }
        Err(serde::de::Error::custom("false says nothing; write true or another departure"))
    }
}

/// A field that may be left out but is not null.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(d: D) -> Result<Option<T>, D::Error> {
    T::deserialize(d).map(Some)
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "File"))]
#[serde(deny_unknown_fields, expecting = "an object")]
struct RawFile {
    /// How long the file is.
    #[cfg_attr(feature = "schema", schemars(extend("minimum" = 1)))]
    bytes: Bytes,
    /// How long a chunk is; the last one may be short.
    #[cfg_attr(feature = "schema", schemars(extend("minimum" = 1)))]
    chunk_bytes: Bytes,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Source"))]
#[serde(deny_unknown_fields, expecting = "an object")]
struct RawSource {
    upload_bps: Capacity,
    #[serde(default)]
    leaves: RawSourceLeaves,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Time"))]
    latency_ns: Option<Time>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Bytes"))]
    burst_bytes: Option<Bytes>,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "SourceLeaves"))]
#[serde(rename_all = "snake_case", expecting = "an object")]
enum RawSourceLeaves {
    Never(True),
    AtNs(Time),
    AfterCopies(u64),
}

impl Default for RawSourceLeaves {
    fn default() -> Self {
        RawSourceLeaves::Never(True)
    }
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Peer"))]
#[serde(deny_unknown_fields, expecting = "an object")]
struct RawPeer {
    /// From 1; each number once.
    #[cfg_attr(feature = "schema", schemars(extend("minimum" = 1)))]
    id: u32,
    upload_bps: Capacity,
    /// Null is unlimited.
    download_bps: Capacity,
    #[serde(default)]
    joins_ns: Time,
    #[serde(default)]
    leaves: RawLeaves,
    #[serde(default = "cooperative")]
    behavior: Behavior,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Time"))]
    latency_ns: Option<Time>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Bytes"))]
    burst_bytes: Option<Bytes>,
    #[serde(default = "reachable", skip_serializing_if = "is_reachable")]
    reachable: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    holds: Vec<[u32; 2]>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    wants: Option<Vec<[u32; 2]>>,
}

/// An uplink as it stands in the document.
fn upload(rate: Rate, changes: &RateChanges, unknown: bool) -> Capacity {
    Capacity((!unknown).then(|| (rate, changes.clone())))
}

/// Half-open ranges of chunks as they stand in the document.
fn raw_ranges(ranges: &ChunkRanges) -> Vec<[u32; 2]> {
    ranges.ranges().iter().map(|range| [range.start, range.end]).collect()
}

/// The chunks of half-open ranges, each of which has a chunk.
fn chunk_ranges(ranges: &[[u32; 2]], field: &str) -> Result<ChunkRanges, Malformed> {
    match ranges.iter().find(|[start, end]| end <= start) {
        None => Ok(ChunkRanges::new(ranges.iter().map(|&[start, end]| start..end))),
        Some([start, end]) => Err(malformed(
            field,
            format!(
                "[{start},{end}] has no chunk; write a first chunk and one more than the last, \
                 for example [0,200] for chunks 0 to 199"
            ),
        )),
    }
}

fn reachable() -> bool {
    true
}

fn is_reachable(reachable: &bool) -> bool {
    *reachable
}

fn cooperative() -> Behavior {
    Behavior::Cooperative
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Leaves"))]
#[serde(rename_all = "snake_case", expecting = "an object")]
enum RawLeaves {
    Never(True),
    AtNs(Time),
    AfterCompletionNs(Time),
}

impl Default for RawLeaves {
    fn default() -> Self {
        RawLeaves::Never(True)
    }
}

#[derive(Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Network"))]
#[serde(deny_unknown_fields, default, expecting = "an object")]
struct RawNetwork {
    latency_ns: Time,
    burst_bytes: Bytes,
}

#[derive(Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Discipline"))]
#[serde(deny_unknown_fields, default, expecting = "an object")]
struct RawDiscipline {
    cut_through: bool,
    multi_source: bool,
    coded: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stall_ns: Option<Time>,
}

impl<E> Document<E> {
    /// The form of `scenario`, with the evidence of a trace or without.
    pub(crate) fn new(scenario: &Scenario, evidence: Option<E>) -> Self {
        let parts = scenario.parts();
        Document {
            swarmbound: Version,
            name: parts.name.clone(),
            file: RawFile { bytes: parts.file.file(), chunk_bytes: parts.file.chunk() },
            source: RawSource {
                upload_bps: upload(
                    parts.source.upload,
                    &parts.source.upload_changes,
                    parts.source.upload_unknown,
                ),
                leaves: match parts.source.leaves {
                    SourceLeaves::Never => RawSourceLeaves::Never(True),
                    SourceLeaves::At(at) => RawSourceLeaves::AtNs(at),
                    SourceLeaves::AfterCopies(copies) => RawSourceLeaves::AfterCopies(copies),
                },
                latency_ns: parts.source.link.latency,
                burst_bytes: parts.source.link.burst,
            },
            peers: (1..).zip(&parts.peers).map(|(id, peer)| RawPeer::new(id, peer)).collect(),
            protocol: parts.protocol.clone(),
            network: RawNetwork {
                latency_ns: parts.network.latency,
                burst_bytes: parts.network.burst,
            },
            discipline: RawDiscipline {
                cut_through: parts.discipline.cut_through,
                multi_source: parts.discipline.multi_source,
                coded: parts.discipline.coded,
                stall_ns: parts.discipline.stall,
            },
            seed: parts.seed,
            until_ns: parts.until,
            evidence,
            _x: None,
        }
    }

    /// The scenario that it says, and the evidence.
    ///
    /// # Errors
    /// With the field as it stands in the JSON: ids that are not 1..=N, a file that cannot be cut,
    /// and whatever [`Scenario::new`] refuses.
    pub(crate) fn resolve(self) -> Result<(Scenario, Option<E>), Malformed> {
        let file = Manifest::new(self.file.bytes, self.file.chunk_bytes).map_err(|error| {
            let field = match error {
                ManifestError::EmptyFile => "file.bytes",
                _ => "file.chunk_bytes",
            };
            malformed(field, error.to_string())
        })?;
        let order = order(&self.peers)?;
        let peers = self.peers.into_iter().enumerate();
        let mut peers: Vec<(u32, Peer)> =
            peers.map(|(at, peer)| peer.resolve(at)).collect::<Result<_, _>>()?;
        peers.sort_unstable_by_key(|&(id, _)| id);
        let parts = Parts {
            name: self.name,
            file,
            source: self.source.resolve(),
            peers: peers.into_iter().map(|(_, peer)| peer).collect(),
            protocol: self.protocol,
            network: Network { latency: self.network.latency_ns, burst: self.network.burst_bytes },
            discipline: Discipline {
                cut_through: self.discipline.cut_through,
                multi_source: self.discipline.multi_source,
                coded: self.discipline.coded,
                stall: self.discipline.stall_ns,
            },
            seed: self.seed,
            until: self.until_ns,
        };
        let scenario = Scenario::new(parts).map_err(|malformed| Malformed {
            field: json_path(&malformed.field, &order),
            message: malformed.message,
        })?;
        Ok((scenario, self.evidence))
    }
}

/// Where each peer stands in the document: `order[id - 1]` is its place. Every id of 1..=N stands
/// there once, or the error names the one that does not.
fn order(peers: &[RawPeer]) -> Result<Vec<usize>, Malformed> {
    let count = peers.len();
    let mut order = vec![None; count];
    for (at, peer) in peers.iter().enumerate() {
        let malformed = |message| Malformed { field: format!("peers[{at}].id"), message };
        let id = peer.id;
        let place = (id as usize).checked_sub(1).ok_or_else(|| {
            malformed("0 is the source; write the numbers of peers from 1".to_owned())
        })?;
        let Some(place) = order.get_mut(place) else {
            return Err(malformed(format!(
                "there is no peer {id} among {count}; write each of 1 to {count} once"
            )));
        };
        if let Some(first) = place.replace(at) {
            return Err(malformed(format!(
                "peer {id} stands already at peers[{first}]; write each of 1 to {count} once"
            )));
        }
    }
    // As many different ids below N + 1 as there are peers: every place is filled.
    Ok(order.into_iter().flatten().collect())
}

/// The path in the document of a field that [`Scenario::new`] refused.
fn json_path(field: &str, order: &[usize]) -> String {
    let field = field.strip_prefix("run.").unwrap_or(field);
    let (above, name) = field.rsplit_once('.').map_or(("", field), |(above, name)| (above, name));
    let name = match name {
        "upload" => "upload_bps",
        "download" => "download_bps",
        "until" => "until_ns",
        same => Protocol::json_name(same).unwrap_or(same),
    };
    let peer = above.strip_prefix("peers[").and_then(|rest| rest.strip_suffix(']'));
    let place = peer.and_then(|index| order.get(index.parse::<usize>().ok()?));
    match (place, above) {
        (Some(place), _) => format!("peers[{place}].{name}"),
        (None, "") => name.to_owned(),
        (None, above) => format!("{above}.{name}"),
    }
}

impl RawSource {
    fn resolve(self) -> Source {
        let (rate, changes) = self.upload_bps.0.clone().unwrap_or_default();
        Source {
            upload_unknown: self.upload_bps.0.is_none(),
            upload: rate,
            upload_changes: changes,
            leaves: match self.leaves {
                RawSourceLeaves::Never(True) => SourceLeaves::Never,
                RawSourceLeaves::AtNs(at) => SourceLeaves::At(at),
                RawSourceLeaves::AfterCopies(copies) => SourceLeaves::AfterCopies(copies),
            },
            link: Link { latency: self.latency_ns, burst: self.burst_bytes },
        }
    }
}

impl RawPeer {
    fn new(id: u32, peer: &Peer) -> Self {
        RawPeer {
            id,
            upload_bps: upload(peer.upload, &peer.upload_changes, peer.upload_unknown),
            download_bps: Capacity(peer.download.map(|rate| (rate, peer.download_changes.clone()))),
            joins_ns: peer.joins,
            leaves: match peer.leaves {
                Leaves::Never => RawLeaves::Never(True),
                Leaves::At(at) => RawLeaves::AtNs(at),
                Leaves::AfterCompletion(span) => RawLeaves::AfterCompletionNs(span),
            },
            behavior: peer.behavior,
            latency_ns: peer.link.latency,
            burst_bytes: peer.link.burst,
            reachable: peer.reachable,
            holds: raw_ranges(&peer.holds),
            wants: peer.wants.as_ref().map(raw_ranges),
        }
    }

    /// The peer that stands at `at` in the document, and its id.
    fn resolve(self, at: usize) -> Result<(u32, Peer), Malformed> {
        let upload_unknown = self.upload_bps.0.is_none();
        let (upload, upload_changes) = self.upload_bps.0.unwrap_or_default();
        let (download, download_changes) = self.download_bps.0.unzip();
        let peer = Peer {
            upload,
            upload_changes,
            upload_unknown,
            download,
            download_changes: download_changes.unwrap_or_default(),
            joins: self.joins_ns,
            leaves: match self.leaves {
                RawLeaves::Never(True) => Leaves::Never,
                RawLeaves::AtNs(at) => Leaves::At(at),
                RawLeaves::AfterCompletionNs(span) => Leaves::AfterCompletion(span),
            },
            behavior: self.behavior,
            link: Link { latency: self.latency_ns, burst: self.burst_bytes },
            reachable: self.reachable,
            holds: chunk_ranges(&self.holds, &format!("peers[{at}].holds"))?,
            wants: match &self.wants {
                None => None,
                Some(wants) => Some(chunk_ranges(wants, &format!("peers[{at}].wants"))?),
            },
        };
        Ok((self.id, peer))
    }
}
