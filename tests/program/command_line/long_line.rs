//! A line that is much longer than the memory for it.

use serde_json::Value;

use super::super::lp::{Session, line, record};

const MIB: usize = 1 << 20;
const LENGTH: usize = 100_000_000;

#[test]
fn a_line_of_100_megabytes_is_one_record_and_takes_little_memory() {
    for threads in ["1", "4"] {
        let mut session = Session::start(&["--threads", threads], usize::MAX);
        session.send(line(0));
        assert_eq!(session.record(), record(0));
        let piece = vec![b'x'; MIB];
        for sent in (0..LENGTH).step_by(MIB) {
            session.send(&piece[..MIB.min(LENGTH - sent)]);
        }
        session.send("\n");
        session.send(line(1));
        let long = session.record();
        assert_eq!(session.record(), record(1), "the line after it");

        let object: Value = serde_json::from_str(&long).unwrap();
        assert_eq!(object["truncated"], LENGTH);
        assert_eq!(object["message"].as_str().unwrap().len(), MIB);
        if let Some(peak) = peak_memory(session.id()) {
            assert!(peak < 48 * MIB, "{threads} threads: {} MiB", peak / MIB);
        }
        session.finish();
        assert_eq!(session.wait().0.code(), Some(0));
    }
}

/// The most memory that a process has had so far, in bytes; none where the system does not tell.
fn peak_memory(process: u32) -> Option<usize> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(peak.trim().strip_suffix(" kB")?.parse::<usize>().ok()? * 1024)
}
