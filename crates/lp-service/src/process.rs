//! What the system tells of this process: what it takes of the machine, which signals it ignores.

use std::fs;

use rustix::process::Resource;

/// What this process takes of the machine.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Usage {
    /// Memory that is really there, in bytes.
    pub(crate) resident_bytes: u64,
    /// Time that processors have worked for it, in seconds.
    pub(crate) cpu_seconds: f64,
    /// Open descriptors.
    pub(crate) open_fds: u64,
    /// The most descriptors that it may open; `None` if there is no limit.
    pub(crate) max_fds: Option<u64>,
    /// When it was started, in seconds since 1970.
    pub(crate) start_seconds: f64,
}

impl Usage {
    /// As it is now. `None` where there is no `/proc`.
    pub(crate) fn now() -> Option<Self> {
        // The descriptor by which the folder is read is gone when the number is told.
        let open_fds = (fs::read_dir("/proc/self/fd").ok()?.count() as u64).saturating_sub(1);
        let ticks = rustix::param::clock_ticks_per_second();
        let stat = fs::read("/proc/self/stat").ok()?;
        let system = fs::read_to_string("/proc/stat").ok()?;
        let (cpu, start) = times(&stat)?;
        Some(Self {
            resident_bytes: resident_pages(&fs::read_to_string("/proc/self/statm").ok()?)?
                * rustix::param::page_size() as u64,
            cpu_seconds: cpu as f64 / ticks as f64,
            open_fds,
            max_fds: rustix::process::getrlimit(Resource::Nofile).current,
            start_seconds: boot(&system)? as f64 + start as f64 / ticks as f64,
        })
    }
}

/// Whether this process ignores the signal of this number. `None` where there is no `/proc`.
pub(crate) fn ignores(signal: i32) -> Option<bool> {
    let ignored = ignored(&fs::read("/proc/self/status").ok()?)?;
    Some(ignored >> signal.checked_sub(1)? & 1 == 1)
}

/// Of `/proc/self/status`: the signals that are ignored, a bit for each.
fn ignored(status: &[u8]) -> Option<u64> {
    let bits = status.split(|&byte| byte == b'\n').find_map(|line| line.strip_prefix(b"SigIgn:"))?;
    u64::from_str_radix(std::str::from_utf8(bits).ok()?.trim(), 16).ok()
}

/// Of `/proc/self/statm`.
fn resident_pages(statm: &str) -> Option<u64> {
    statm.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// Of `/proc/self/stat`: the processors' time, and when the process was started after the boot, in ticks.
fn times(stat: &[u8]) -> Option<(u64, u64)> {
    // The second field is the program's name in parentheses, in which anything may stand.
    let end = stat.iter().rposition(|&byte| byte == b')')?;
    let rest = std::str::from_utf8(stat.get(end + 1..)?).ok()?;
    // Fields 14, 15 and 22, and the first one here is the third.
    let field = |number: usize| rest.split_ascii_whitespace().nth(number - 3)?.parse::<u64>().ok();
    Some((field(14)? + field(15)?, field(22)?))
}

/// Of `/proc/stat`: when the machine was started, in seconds since 1970.
fn boot(stat: &str) -> Option<u64> {
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_is_understood() {
        assert_eq!(resident_pages("5000 1234 900 10 0 2000 0\n"), Some(1234));
        let stat =
            b"77 (a) b (c)) S 1 77 77 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 4 0 99999 1000 1234 18446744073709551615";
        assert_eq!(times(stat), Some((300, 99_999)));
        assert_eq!(boot("cpu  1 2 3\nbtime 1700000000\nprocesses 5\n"), Some(1_700_000_000));
        assert_eq!(ignored(b"SigBlk:\t0000000000010000\nSigIgn:\t0000000000001001\n"), Some(0x1001));
        assert_eq!((ignored(b"SigIgn:\tx\n"), ignored(b"")), (None, None));
        assert_eq!((resident_pages(""), times(b"77 (a"), times(b"77 (a) S 1"), boot("cpu")), (None, None, None, None));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_is_running() {
        // What the standard library does to programs.
        assert_eq!(ignores(signal_hook::consts::SIGPIPE), Some(true));
        let usage = Usage::now().unwrap();
        assert!(usage.resident_bytes > 100_000 && usage.open_fds >= 3, "{usage:?}");
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
        assert!((now - 86_400.0..now + 2.0).contains(&usage.start_seconds), "{usage:?} {now}");
        let more: Vec<_> = (0..10).map(|_| fs::File::open("/proc/self/stat").unwrap()).collect();
        assert!(Usage::now().unwrap().open_fds + 20 >= usage.open_fds + more.len() as u64);
    }
}
