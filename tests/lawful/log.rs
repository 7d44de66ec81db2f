//! A log as data, and its text: the header and one event a line, spelled by hand as a foreign
//! engine would.

use std::fmt::Write;

/// When a node leaves, as the header announces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Departure {
    Never,
    At(u64),
    AfterCompletion(u64),
    AfterCopies(u64),
}

/// A node of the header; the source is node 0.
#[derive(Clone, Debug)]
pub(crate) struct NodePlan {
    pub(crate) upload: u64,
    /// None: unlimited.
    pub(crate) download: Option<u64>,
    pub(crate) joins: u64,
    pub(crate) leaves: Departure,
    pub(crate) free_rider: bool,
    /// None: as the network says.
    pub(crate) latency: Option<u64>,
    /// None: as the network says.
    pub(crate) burst: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choker {
    TitForTat,
    RoundRobin,
    StrictBarter,
    Credit(u64),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Protocol {
    pub(crate) slots: usize,
    pub(crate) optimistic: bool,
    pub(crate) choker: Choker,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stamps {
    Exact,
    Receiver,
    Wire,
}

/// The first line of a log.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub(crate) file: u64,
    pub(crate) chunk: u64,
    pub(crate) nodes: Vec<NodePlan>,
    pub(crate) protocol: Option<Protocol>,
    pub(crate) latency: u64,
    pub(crate) burst: u64,
    pub(crate) cut_through: bool,
    pub(crate) multi_source: bool,
    pub(crate) coded: bool,
    /// The longest lawful stall; None: rule `progress` is not asked for.
    pub(crate) stall: Option<u64>,
    /// None: the default of the format, 30 days.
    pub(crate) until: Option<u64>,
    pub(crate) stamps: Stamps,
    pub(crate) tolerance: u64,
    pub(crate) complete: bool,
}

/// 30 days in nanoseconds.
const DEFAULT_UNTIL: u64 = 30 * 86_400 * 1_000_000_000;

impl Header {
    pub(crate) fn chunks(&self) -> usize {
        self.file.div_ceil(self.chunk) as usize
    }

    pub(crate) fn length(&self, chunk: usize) -> u64 {
        self.chunk.min(self.file - self.chunk * chunk as u64)
    }

    pub(crate) fn latency_to(&self, node: usize) -> u64 {
        self.nodes[node].latency.unwrap_or(self.latency)
    }

    pub(crate) fn burst(&self, node: usize) -> u64 {
        self.nodes[node].burst.unwrap_or(self.burst)
    }

    /// What a node may send above rate x time: nothing for a free rider.
    pub(crate) fn upload_burst(&self, node: usize) -> u64 {
        if self.nodes[node].free_rider { 0 } else { self.burst(node) }
    }

    /// A free rider uploads nothing, whatever its link could carry.
    pub(crate) fn upload(&self, node: usize) -> u64 {
        if self.nodes[node].free_rider { 0 } else { self.nodes[node].upload }
    }

    pub(crate) fn until(&self) -> u64 {
        self.until.unwrap_or(DEFAULT_UNTIL)
    }

    /// Neighbors that a node may unchoke at once; None: the log declares no protocol.
    pub(crate) fn slots(&self) -> Option<usize> {
        self.protocol.map(|protocol| protocol.slots + usize::from(protocol.optimistic))
    }

    /// The bytes that a coded node must have received before it sends.
    pub(crate) fn coded_gate(&self) -> u64 {
        self.chunk.min(self.file)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Transfer {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) chunk: usize,
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) offset: u64,
    pub(crate) bytes: u64,
    pub(crate) aborted: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Join { t: u64, node: usize },
    Leave { t: u64, node: usize },
    Complete { t: u64, node: usize },
    Connect { t: u64, a: usize, b: usize },
    Disconnect { t: u64, a: usize, b: usize },
    Choke { t: u64, from: usize, to: usize },
    Unchoke { t: u64, from: usize, to: usize },
    Announce { t: u64, node: usize, peers: Vec<usize> },
    Transfer(Transfer),
}

impl Event {
    /// When it happened; a transfer happens when it ends.
    pub(crate) fn at(&self) -> u64 {
        match *self {
            Event::Join { t, .. }
            | Event::Leave { t, .. }
            | Event::Complete { t, .. }
            | Event::Connect { t, .. }
            | Event::Disconnect { t, .. }
            | Event::Choke { t, .. }
            | Event::Unchoke { t, .. }
            | Event::Announce { t, .. } => t,
            Event::Transfer(ref transfer) => transfer.end,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Log {
    pub(crate) header: Header,
    pub(crate) events: Vec<Event>,
}

impl Log {
    pub(crate) fn transfers(&self) -> impl Iterator<Item = &Transfer> {
        self.events.iter().filter_map(|event| match event {
            Event::Transfer(transfer) => Some(transfer),
            _ => None,
        })
    }

    /// The instant of the last line.
    pub(crate) fn last(&self) -> u64 {
        self.events.iter().map(Event::at).max().unwrap_or(0)
    }

    /// The log as JSON lines.
    pub(crate) fn text(&self) -> String {
        let mut text = header_line(&self.header);
        for event in &self.events {
            text.push('\n');
            text.push_str(&event_line(event));
        }
        text.push('\n');
        text
    }
}

fn node_fields(plan: &NodePlan) -> String {
    let leaves = match plan.leaves {
        Departure::Never => "{\"never\":true}".to_owned(),
        Departure::At(at) => format!("{{\"at_ns\":{at}}}"),
        Departure::AfterCompletion(span) => format!("{{\"after_completion_ns\":{span}}}"),
        Departure::AfterCopies(copies) => format!("{{\"after_copies\":{copies}}}"),
    };
    let mut text = format!("\"upload_bps\":{},\"leaves\":{leaves}", plan.upload);
    if let Some(latency) = plan.latency {
        let _ = write!(text, ",\"latency_ns\":{latency}");
    }
    if let Some(burst) = plan.burst {
        let _ = write!(text, ",\"burst_bytes\":{burst}");
    }
    text
}

fn header_line(header: &Header) -> String {
    let peer = |(id, plan): (usize, &NodePlan)| {
        let download = plan.download.map_or("null".to_owned(), |rate| rate.to_string());
        let behavior = if plan.free_rider { "free rider" } else { "cooperative" };
        format!(
            "{{\"id\":{id},{},\"download_bps\":{download},\"joins_ns\":{},\
             \"behavior\":\"{behavior}\"}}",
            node_fields(plan),
            plan.joins
        )
    };
    let peers: Vec<String> = header.nodes.iter().enumerate().skip(1).map(peer).collect();
    let mut text = format!(
        "{{\"swarmbound\":1,\"name\":\"drawn\",\"file\":{{\"bytes\":{},\"chunk_bytes\":{}}},\
         \"source\":{{{}}},\"peers\":[{}],\"network\":{{\"latency_ns\":{},\"burst_bytes\":{}}}",
        header.file,
        header.chunk,
        node_fields(&header.nodes[0]),
        peers.join(","),
        header.latency,
        header.burst
    );
    if let Some(protocol) = &header.protocol {
        let choker = match protocol.choker {
            Choker::TitForTat => "tit for tat".to_owned(),
            Choker::RoundRobin => "round robin".to_owned(),
            Choker::StrictBarter => "strict barter".to_owned(),
            Choker::Credit(chunks) => format!("credit {chunks}"),
        };
        let optimistic = if protocol.optimistic { "30000000000" } else { "null" };
        let _ = write!(
            text,
            ",\"protocol\":{{\"unchoke_slots\":{},\"optimistic_ns\":{optimistic},\
             \"choker\":\"{choker}\"}}",
            protocol.slots
        );
    }
    let stall = header.stall.map_or(String::new(), |span| format!(",\"stall_ns\":{span}"));
    let _ = write!(
        text,
        ",\"discipline\":{{\"cut_through\":{},\"multi_source\":{},\"coded\":{}{stall}}}",
        header.cut_through, header.multi_source, header.coded
    );
    if let Some(until) = header.until {
        let _ = write!(text, ",\"until_ns\":{until}");
    }
    let stamps = match header.stamps {
        Stamps::Exact => "exact",
        Stamps::Receiver => "receiver",
        Stamps::Wire => "wire",
    };
    let _ = write!(
        text,
        ",\"evidence\":{{\"stamps\":\"{stamps}\",\"clock_tolerance_ns\":{},\"complete\":{}}}}}",
        header.tolerance, header.complete
    );
    text
}

fn event_line(event: &Event) -> String {
    let of_node = |name: &str, t: &u64, node: &usize| {
        format!("{{\"event\":\"{name}\",\"t\":{t},\"node\":{node}}}")
    };
    let of_link = |name: &str, t: &u64, a: &usize, b: &usize| {
        format!("{{\"event\":\"{name}\",\"t\":{t},\"a\":{a},\"b\":{b}}}")
    };
    let of_pair = |name: &str, t: &u64, from: &usize, to: &usize| {
        format!("{{\"event\":\"{name}\",\"t\":{t},\"from\":{from},\"to\":{to}}}")
    };
    match event {
        Event::Join { t, node } => of_node("join", t, node),
        Event::Leave { t, node } => of_node("leave", t, node),
        Event::Complete { t, node } => of_node("complete", t, node),
        Event::Connect { t, a, b } => of_link("connect", t, a, b),
        Event::Disconnect { t, a, b } => of_link("disconnect", t, a, b),
        Event::Choke { t, from, to } => of_pair("choke", t, from, to),
        Event::Unchoke { t, from, to } => of_pair("unchoke", t, from, to),
        Event::Announce { t, node, peers } => {
            let peers: Vec<String> = peers.iter().map(usize::to_string).collect();
            let peers = peers.join(",");
            format!("{{\"event\":\"announce\",\"t\":{t},\"node\":{node},\"peers\":[{peers}]}}")
        }
        Event::Transfer(transfer) => {
            let Transfer { from, to, chunk, start, end, offset, bytes, aborted } = transfer;
            let offset = if *offset == 0 { String::new() } else { format!(",\"offset\":{offset}") };
            let outcome = if *aborted { ",\"outcome\":\"aborted\"" } else { "" };
            format!(
                "{{\"event\":\"transfer\",\"from\":{from},\"to\":{to},\"chunk\":{chunk},\
                 \"start\":{start},\"end\":{end},\"bytes\":{bytes}{offset}{outcome}}}"
            )
        }
    }
}
