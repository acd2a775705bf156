//! Lines in an access log that are not a record.

use crate::clock::Time;
use crate::decimal::push_decimal;
use crate::random::Random;

/// What a broken line still has of a record.
pub(super) struct Remains<'a> {
    pub(super) client: &'a str,
    pub(super) time: Time,
    pub(super) target: &'a [u8],
    pub(super) agent: &'a str,
}

/// Appends one malformed line, without its newline.
///
/// Each kind is wrong beyond doubt, so that strict and lenient parsers count the same number.
pub(super) fn push_malformed(out: &mut Vec<u8>, remains: &Remains<'_>, random: &mut Random) {
    match random.below(4) {
        0 => push_cut_off_line(out, remains, random),
        1 => push_line_without_time(out, remains),
        2 => push_binary_junk(out, random),
        _ => push_error_log_line(out, remains, random),
    }
}

/// The disk was full, or the process was killed, before the end of the request.
fn push_cut_off_line(out: &mut Vec<u8>, remains: &Remains<'_>, random: &mut Random) {
    let start = out.len();
    out.extend_from_slice(remains.client.as_bytes());
    out.extend_from_slice(b" - - [");
    remains.time.push_access_log(out);
    out.extend_from_slice(b"] \"GET ");
    out.extend_from_slice(remains.target);
    // At least one byte: some parsers skip an empty line instead of rejecting it.
    let kept = random.between(1, (out.len() - start) as u64) as usize;
    out.truncate(start + kept);
}

/// Written by a server with another `log_format`.
fn push_line_without_time(out: &mut Vec<u8>, remains: &Remains<'_>) {
    out.extend_from_slice(remains.client.as_bytes());
    out.extend_from_slice(b" - - \"GET ");
    out.extend_from_slice(remains.target);
    out.extend_from_slice(b" HTTP/1.1\" 200 5124 \"-\" \"");
    out.extend_from_slice(remains.agent.as_bytes());
    out.push(b'"');
}

/// A damaged disk, or a log that was rotated while being written. Not UTF-8.
fn push_binary_junk(out: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..random.between(20, 200) {
        let byte = random.byte();
        out.push(if byte == b'\n' { 0 } else { byte });
    }
}

/// Both logs were configured to go to one file.
fn push_error_log_line(out: &mut Vec<u8>, remains: &Remains<'_>, random: &mut Random) {
    remains.time.push_error_log(out);
    out.extend_from_slice(b" [error] ");
    let process = random.between(20, 40);
    push_decimal(out, process);
    out.push(b'#');
    push_decimal(out, process);
    out.extend_from_slice(b": *");
    push_decimal(out, random.below(10_000_000));
    out.extend_from_slice(b" connect() failed (111: Connection refused) while connecting to upstream, client: ");
    out.extend_from_slice(remains.client.as_bytes());
    out.extend_from_slice(b", server: example.com, request: \"GET ");
    out.extend_from_slice(remains.target);
    out.extend_from_slice(b" HTTP/1.1\", upstream: \"http://10.42.0.3:8080/\", host: \"example.com\"");
}
