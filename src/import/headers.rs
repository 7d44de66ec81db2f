//! What a packet carries between which addresses: TCP segments and UDP datagrams.
//!
//! Ethernet with VLANs, raw IP, and Linux' cooked captures. Fragments of IP packets are left out.

use core::net::{IpAddr, Ipv6Addr, SocketAddr};

use etherparse::{EtherType, LaxNetSlice, LaxSlicedPacket, TransportSlice};
use pcap_parser::Linktype;

use super::capture::Packet;

/// What travels from one address to another.
pub(super) struct Datagram<'a> {
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    pub(super) carries: Carries,
    /// The payload as far as it was captured.
    pub(super) payload: &'a [u8],
    /// Bytes of the payload that the capture cut off.
    pub(super) cut: u32,
    /// What IPv4 numbers its packets by; 0 in IPv6.
    pub(super) number: u16,
}

pub(super) enum Carries {
    Tcp { seq: u32, ack: Option<u32>, syn: bool, fin: bool, rst: bool },
    Udp,
}

/// The address that an IPv6 one stands for, too.
fn canonical(address: Ipv6Addr) -> IpAddr {
    IpAddr::V6(address).to_canonical()
}

/// What the packet carries, if it is TCP or UDP.
pub(super) fn read<'a>(packet: &Packet<'a>) -> Option<Datagram<'a>> {
    let data = packet.data;
    let cooked = |protocol: usize, header: usize| {
        let kind = u16::from_be_bytes([*data.get(protocol)?, *data.get(protocol + 1)?]);
        Some(LaxSlicedPacket::from_ether_type(EtherType(kind), data.get(header..)?))
    };
    let sliced = match packet.link {
        Linktype::ETHERNET => LaxSlicedPacket::from_ethernet(data).ok()?,
        Linktype::LINUX_SLL => cooked(14, 16)?,
        Linktype(276) => cooked(0, 20)?,
        Linktype(0 | 108) => LaxSlicedPacket::from_ip(data.get(4..)?).ok()?,
        Linktype(12 | 14 | 101 | 228 | 229) => LaxSlicedPacket::from_ip(data).ok()?,
        _ => return None,
    };
    let (from, to, number) = match sliced.net.as_ref()? {
        LaxNetSlice::Ipv4(ip) if !ip.payload().fragmented => {
            let header = ip.header();
            let (from, to) = (header.source_addr(), header.destination_addr());
            (IpAddr::V4(from), IpAddr::V4(to), header.identification())
        }
        LaxNetSlice::Ipv6(ip) if !ip.payload().fragmented => {
            let header = ip.header();
            (canonical(header.source_addr()), canonical(header.destination_addr()), 0)
        }
        _ => return None,
    };
    let cut = packet.length.saturating_sub(data.len() as u32);
    let (ports, carries, payload) = match sliced.transport? {
        TransportSlice::Tcp(tcp) => {
            let ack = tcp.ack().then(|| tcp.acknowledgment_number());
            let seq = tcp.sequence_number();
            let carries = Carries::Tcp { seq, ack, syn: tcp.syn(), fin: tcp.fin(), rst: tcp.rst() };
            ([tcp.source_port(), tcp.destination_port()], carries, tcp.payload())
        }
        TransportSlice::Udp(udp) => {
            let ports = [udp.source_port(), udp.destination_port()];
            (ports, Carries::Udp, udp.payload())
        }
        _ => return None,
    };
    let [from, to] = [SocketAddr::new(from, ports[0]), SocketAddr::new(to, ports[1])];
    Some(Datagram { from, to, carries, payload, cut, number })
}
