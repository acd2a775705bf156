//! Who visits the site.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::deck::Deck;
use crate::random::Random;
use crate::user_agents::{Behaviour, UserAgent};

const CLIENTS: u64 = 4000;

/// An address and the program that usually visits from there.
pub(crate) struct Client {
    pub(crate) address: Box<str>,
    pub(crate) agent: &'static UserAgent,
}

/// A pool of clients of whom some come back far more often than others.
pub(crate) fn clients(agents: &Deck<&'static UserAgent>, random: &mut Random) -> Deck<Client> {
    let pool = (0..CLIENTS).map(|rank| {
        let agent = *agents.draw(random);
        let address = if agent.behaviour == Behaviour::Probe {
            node_of_the_cluster(random)
        } else if rank % 6 == 3 {
            // Every sixth, not one in six at random: otherwise the few most frequent clients would
            // decide the share of IPv6 lines. Without the probes that leaves 15% of the lines.
            ipv6(random)
        } else {
            ipv4(random)
        };
        Client { address: address.into_boxed_str(), agent }
    });
    Deck::ranked(pool.collect())
}

/// Health checks come from the few machines next to the server.
fn node_of_the_cluster(random: &mut Random) -> String {
    Ipv4Addr::new(10, 42, 0, random.between(1, 16) as u8).to_string()
}

/// Any address that is neither private nor loopback: the documentation ranges hold too few, and all
/// of much the same length.
fn ipv4(random: &mut Random) -> String {
    let first = match random.between(1, 223) {
        10 | 127 => 100,
        first => first as u8,
    };
    Ipv4Addr::new(first, random.byte(), random.byte(), random.between(1, 254) as u8).to_string()
}

/// An address of the documentation range, written as nginx does: compressed, lower case.
fn ipv6(random: &mut Random) -> String {
    let mut group = || random.next() as u16;
    let (site, subnet) = (group(), group() & 0xff);
    let host = if random.one_in(3) {
        // Configured by hand: `2001:db8:5c::17`.
        [0, 0, 0, random.between(1, 0xff) as u16]
    } else {
        // Privacy extensions: 64 random bits.
        std::array::from_fn(|_| random.next() as u16)
    };
    let [a, b, c, d] = host;
    Ipv6Addr::new(0x2001, 0xdb8, site, subnet, a, b, c, d).to_string()
}
