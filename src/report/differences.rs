//! What is special in a scenario: everything that the plainest scenario has not.
//!
//! The plainest is the one that shrinking aims at: all nodes are there from the start and stay, all
//! peers serve, nothing takes time to arrive, and the settings of the protocol are the first of
//! each kind. So what is left of a shrunk counterexample is what the finding needs.

use swarmbound::chunks::PeerId;
use swarmbound::scenario::{
    Behavior, Choker, Leaves, Picker, Protocol, Scenario, Seeding, SourceLeaves,
};
use swarmbound::units::{Bytes, Rate, Time};

/// So many nodes are named; more are counted.
const NAMED: usize = 3;

/// The differences, each in a few words, those of the source and the network first.
pub(crate) fn differences(scenario: &Scenario) -> Vec<String> {
    let mut all = Vec::new();
    match scenario.source().leaves {
        SourceLeaves::Never => {}
        SourceLeaves::At(at) => all.push(format!("the source leaves at {at}")),
        SourceLeaves::AfterCopies(1) => all.push("the source leaves after 1 copy".to_owned()),
        SourceLeaves::AfterCopies(n) => all.push(format!("the source leaves after {n} copies")),
    }
    all.extend(scenario.parts().protocol.iter().flat_map(settings));
    let network = &scenario.parts().network;
    if network.latency != Time::ZERO {
        all.push(format!("every link has a latency of {}", network.latency));
    }
    if network.burst != Bytes(0) {
        all.push(format!("every link may burst {}", network.burst));
    }
    for (said, rest) in of_nodes(scenario).into_iter().chain(of_peers(scenario)) {
        match said.len() {
            0..=NAMED => all.extend(said),
            many => all.push(format!("{many} nodes {rest}")),
        }
    }
    if scenario.file().whole_chunks() < scenario.file().chunks() {
        all.push("the last chunk is short".to_owned());
    }
    all
}

/// What is said of single nodes, and how the rest of a longer list goes on.
type Said = (Vec<String>, &'static str);

/// How the links of nodes differ from those of all.
fn of_nodes(scenario: &Scenario) -> Vec<Said> {
    let network = &scenario.parts().network;
    let nodes = |of: &dyn Fn(PeerId) -> Option<String>| -> Vec<String> {
        scenario.nodes().filter_map(|node| Some(format!("{} {}", node, of(node)?))).collect()
    };
    vec![
        (
            nodes(&|node| {
                let latency = scenario.latency_to(node);
                (latency != network.latency).then(|| format!("has a latency of {latency}"))
            }),
            "have a latency of their own",
        ),
        (
            nodes(&|node| {
                let burst = scenario.burst(node);
                (burst != network.burst).then(|| format!("may burst {burst}"))
            }),
            "have a burst of their own",
        ),
        (
            nodes(&|node| {
                let changes = scenario.capacity_changes().filter(|&(_, other)| other == node);
                let first = changes.map(|(at, _)| at).min()?;
                Some(format!("has a capacity that changes, first at {first}"))
            }),
            "have capacities that change",
        ),
    ]
}

/// How peers differ from those that are there from the start, stay and serve.
fn of_peers(scenario: &Scenario) -> Vec<Said> {
    let peers = |of: &dyn Fn(&swarmbound::scenario::Peer) -> Option<String>| -> Vec<String> {
        let said = scenario.peers().filter_map(|(id, peer)| Some(format!("{id} {}", of(peer)?)));
        said.collect()
    };
    vec![
        (
            peers(&|peer| (peer.joins != Time::ZERO).then(|| format!("joins at {}", peer.joins))),
            "join later",
        ),
        (
            peers(&|peer| match peer.leaves {
                Leaves::Never => None,
                Leaves::At(at) => Some(format!("leaves at {at}")),
                Leaves::AfterCompletion(span) => Some(format!("leaves {span} after completion")),
            }),
            "leave",
        ),
        (
            peers(&|peer| {
                let rides = peer.behavior == Behavior::FreeRider;
                rides.then(|| "is a free rider".to_owned())
            }),
            "are free riders",
        ),
        (
            peers(&|peer| {
                let none = peer.upload == Rate::ZERO && peer.upload_changes.is_empty();
                none.then(|| "has no uplink".to_owned())
            }),
            "have no uplink",
        ),
        (
            peers(&|peer| {
                let all = peer.holds.is_all(scenario.file().chunks());
                let holds = if all { "everything".to_owned() } else { peer.holds.to_string() };
                (!peer.holds.is_empty()).then(|| format!("holds {holds} when it joins"))
            }),
            "hold chunks when they join",
        ),
        (
            peers(&|peer| (!peer.reachable).then(|| "cannot be reached".to_owned())),
            "cannot be reached",
        ),
        (
            peers(&|peer| peer.wants.as_ref().map(|wants| format!("wants only {wants}"))),
            "want only a part",
        ),
        (
            peers(&|peer| peer.download.map(|rate| format!("downloads at most {rate}"))),
            "have a limited downlink",
        ),
    ]
}

/// The settings that are not the first of their kind.
fn settings(protocol: &Protocol) -> Vec<String> {
    let Protocol { picker, choker, seeding, super_seeding, .. } = protocol;
    let said = [
        (*choker != Choker::TitForTat).then(|| format!("the choker is {choker}")),
        (*picker != Picker::RarestFirst).then(|| format!("the picker is {picker}")),
        (*seeding != Seeding::RoundRobin).then(|| format!("seeds serve {seeding}")),
        (!super_seeding).then(|| "no super seeding".to_owned()),
    ];
    said.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use swarmbound::scenario::read_toml;

    use super::*;

    fn said(more: &str) -> Vec<String> {
        let plain =
            "[file]\nsize = \"250 B\"\nchunk = \"125 B\"\n[source]\nupload = \"1 kbit/s\"\n";
        let text = format!("{plain}{more}\n[[peers]]\ncount = 4\nupload = \"1 kbit/s\"\n");
        let download = if more.contains("download") { "" } else { "download = \"unlimited\"\n" };
        differences(&read_toml("a.toml", &(text + download), None).unwrap())
    }

    #[test]
    fn the_plainest_scenario_has_nothing_special() {
        assert_eq!(said(""), Vec::<String>::new());
    }

    #[test]
    fn what_is_special_is_named_and_many_are_counted() {
        assert_eq!(said("leaves = \"after 1 copies\""), ["the source leaves after 1 copy"]);
        assert_eq!(said("latency = \"1 s\""), ["the source has a latency of 1 s"]);
        let network = said("[network]\nlatency = \"2 s\"\nburst = \"7 B\"\n");
        assert_eq!(network, ["every link has a latency of 2 s", "every link may burst 7 B"]);
        let protocol = said("[protocol]\nchoker = \"credit 2\"\npicker = \"in order\"\n");
        assert_eq!(protocol, ["the choker is credit 2", "the picker is in order"]);
        let peer = "\n[[peers]]\ncount = 1\nupload = \"0 bit/s\"\ndownload = \"unlimited\"\n";
        let one = said(&format!("{peer}joins = \"at 3 s\"\nbehavior = \"free rider\"\n"));
        let rides = ["peer 1 joins at 3 s", "peer 1 is a free rider", "peer 1 has no uplink"];
        assert_eq!(one[..3], rides);
        let four = said(&format!("{}leaves = \"at 9 s\"\n", peer.replace("= 1", "= 4")));
        assert_eq!(four[0], "4 nodes leave");
    }
}
