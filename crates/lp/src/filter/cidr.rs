//! Networks, and the addresses in them.

use std::net::{IpAddr, Ipv6Addr};

/// The addresses that begin with the same bits, as `10.0.0.0/8` ([RFC 4632]) or `2001:db8::/32` write them.
///
/// [RFC 4632]: https://www.rfc-editor.org/rfc/rfc4632
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Cidr {
    is_v4: bool,
    /// The bits, from the highest on; of v4 the upper 32 count.
    bits: u128,
    mask: u128,
}

impl Cidr {
    /// Reads an address and the number of bits that count; those behind them do not matter. A network of v6 addresses
    /// that are v4 addresses (`::ffff:10.0.0.0/104`) is the v4 network.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, len) = text.split_once('/')?;
        if len.len() > 3 || !len.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let len: u32 = len.parse().ok()?;
        let (is_v4, bits, len) = match address.parse().ok()? {
            IpAddr::V4(address) if len <= 32 => (true, bits_of_v4(address.to_bits()), len),
            IpAddr::V6(address) => match address.to_ipv4_mapped() {
                Some(address) if (96..=128).contains(&len) => (true, bits_of_v4(address.to_bits()), len - 96),
                _ if len <= 128 => (false, address.to_bits(), len),
                _ => return None,
            },
            IpAddr::V4(_) => return None,
        };
        let mask = u128::MAX.checked_shl(128 - len).unwrap_or(0);
        Some(Self { is_v4, bits: bits & mask, mask })
    }

    /// Whether the address is in it that a text is. Of a list (`a, b`) the first one counts; what is no address is in no
    /// network.
    pub(super) fn contains(&self, text: &str) -> bool {
        Address::parse(text).is_some_and(|address| self.has(&address))
    }

    pub(super) fn has(&self, address: &Address) -> bool {
        let bits = if self.is_v4 { address.v4 } else { address.v6 };
        bits.is_some_and(|bits| bits & self.mask == self.bits)
    }
}

/// An address, as networks look at it: one of v6 that is one of v4 is both.
#[derive(Clone, Copy, Debug)]
pub(super) struct Address {
    v4: Option<u128>,
    v6: Option<u128>,
}

impl Address {
    /// The first address of a text.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let first = text.split_once(',').map_or(text, |(first, _)| first).trim_matches(' ');
        Some(match first.parse().ok()? {
            IpAddr::V4(address) => Self { v4: Some(bits_of_v4(address.to_bits())), v6: None },
            IpAddr::V6(address) => Self { v4: mapped(address), v6: Some(address.to_bits()) },
        })
    }
}

fn mapped(address: Ipv6Addr) -> Option<u128> {
    address.to_ipv4_mapped().map(|address| bits_of_v4(address.to_bits()))
}

fn bits_of_v4(bits: u32) -> u128 {
    u128::from(bits) << 96
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_networks() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.0.0.0 10.255.255.255 ::ffff:10.1.2.3", "9.255.255.255 11.0.0.0 ::10.1.2.3 ::a00:1"),
            ("10.1.2.3/8", "10.0.0.1", "11.1.2.3"),
            ("192.0.2.7/32", "192.0.2.7", "192.0.2.6"),
            ("0.0.0.0/0", "0.0.0.0 255.255.255.255 ::ffff:1.2.3.4", "::1"),
            ("2001:db8::/32", "2001:db8:: 2001:DB8:ffff::1", "2001:db9:: 32.1.13.184"),
            ("::/0", "::1 ::ffff:1.2.3.4", "1.2.3.4"),
            ("::1/128", "::1 0:0:0:0:0:0:0:1", "::2"),
            ("::ffff:10.0.0.0/104", "10.1.1.1 ::ffff:10.1.1.1", "11.1.1.1"),
            ("::ffff:0:0/96", "1.2.3.4", "::1"),
        ] {
            let network = Cidr::parse(network).unwrap();
            for (texts, want) in [(inside, true), (outside, false)] {
                for text in texts.split(' ') {
                    assert_eq!(network.contains(text), want, "{text} in {network:?}");
                }
            }
        }
    }

    #[test]
    fn the_first_of_a_list_counts() {
        let network = Cidr::parse("10.0.0.0/8").unwrap();
        assert!(network.contains("10.0.0.1, 192.0.2.1") && network.contains("10.0.0.1,unix:"));
        for text in ["192.0.2.1, 10.0.0.1", "", "unix:", "example.com", "10.0.0.1:80", "10.0.0", "10.0.0.256", "-"] {
            assert!(!network.contains(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_network() {
        for text in [
            "",
            "10.0.0.0",
            "10.0.0.0/33",
            "10.0.0.0/",
            "10.0.0/8",
            "::/129",
            "10.0.0.0/+8",
            "/8",
            "a/8",
            "::ffff:1.2.3.4/129",
        ] {
            assert_eq!(Cidr::parse(text), None, "{text}");
        }
    }
}
