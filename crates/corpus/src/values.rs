//! Values of which hardly two are alike.

use crate::decimal::push_decimal;
use crate::random::Random;

/// Appends so many hexadecimal digits.
pub(crate) fn push_hex(out: &mut Vec<u8>, digits: u32, random: &mut Random) {
    let mut bits = 0;
    for digit in 0..digits {
        if digit % 16 == 0 {
            bits = random.next();
        }
        out.push(b"0123456789abcdef"[(bits & 15) as usize]);
        bits >>= 4;
    }
}

/// Appends a random UUID, which is version 4: `6a0d1bd4-4f5c-4c55-9f0e-2b1c7f6a9d3e`.
pub(crate) fn push_uuid(out: &mut Vec<u8>, random: &mut Random) {
    push_hex(out, 8, random);
    out.push(b'-');
    push_hex(out, 4, random);
    out.extend_from_slice(b"-4");
    push_hex(out, 3, random);
    out.push(b'-');
    out.push(*random.pick(b"89ab"));
    push_hex(out, 3, random);
    out.push(b'-');
    push_hex(out, 12, random);
}

/// Appends an IPv4 address that is neither private nor loopback.
pub(crate) fn push_address(out: &mut Vec<u8>, random: &mut Random) {
    push_decimal(out, random.between(11, 99));
    for _ in 0..3 {
        out.push(b'.');
        push_decimal(out, u64::from(random.byte()));
    }
}

#[cfg(test)]
mod tests {
    use super::{push_address, push_hex, push_uuid};
    use crate::random::Random;

    fn text(push: impl Fn(&mut Vec<u8>, &mut Random)) -> String {
        let mut out = Vec::new();
        push(&mut out, &mut Random::new(5));
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn values_have_their_form() {
        let digits = text(|out, random| push_hex(out, 20, random));
        assert_eq!(digits.len(), 20);
        assert!(digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert!(text(push_address).parse::<std::net::Ipv4Addr>().is_ok());
        let uuid = text(push_uuid);
        let lengths: Vec<_> = uuid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
    }
}
