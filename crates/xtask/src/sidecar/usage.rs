//! What a process takes of the machine, as the system tells it from outside.

use std::fs;
use std::time::Duration;

use anyhow::Context;

/// What a process takes of the machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usage {
    /// Time that processors have worked for it, by itself and in the system; in steps of 10 ms.
    pub(super) cpu: Duration,
    /// Resident memory in bytes.
    pub(super) resident: u64,
    /// The most that it has been.
    pub(super) peak: u64,
    /// Open descriptors.
    pub(super) descriptors: usize,
}

impl Usage {
    /// That of the process as it is now.
    pub(super) fn of(process: u32) -> anyhow::Result<Self> {
        let read = |name: &str| {
            let path = format!("/proc/{process}/{name}");
            fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))
        };
        let (stat, status) = (read("stat")?, read("status")?);
        let ticks = ticks(&stat).with_context(|| format!("no times in {stat:?}"))?;
        let kibibytes = |name| kibibytes(&status, name).with_context(|| format!("no {name} in {status:?}"));
        Ok(Self {
            cpu: Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64),
            resident: kibibytes("VmRSS:")? << 10,
            peak: kibibytes("VmHWM:")? << 10,
            descriptors: fs::read_dir(format!("/proc/{process}/fd"))?.count(),
        })
    }
}

/// utime and stime of `stat`, its fields 14 and 15.
fn ticks(stat: &str) -> Option<u64> {
    // The second field is the program's name in parentheses, in which anything may stand.
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ').skip(14 - 3);
    let mut next = || fields.next()?.parse::<u64>().ok();
    Some(next()? + next()?)
}

/// A member of `status`.
fn kibibytes(status: &str, name: &str) -> Option<u64> {
    status.lines().find_map(|line| line.strip_prefix(name))?.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_is_understood() {
        let stat = "77 (a) b (c)) S 1 77 77 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 4 0 99999 1000 1234";
        assert_eq!(ticks(stat), Some(300));
        let status = "Name:\tlp\nVmHWM:\t   14000 kB\nVmRSS:\t   12000 kB\nThreads:\t5\n";
        assert_eq!((kibibytes(status, "VmRSS:"), kibibytes(status, "VmHWM:")), (Some(12_000), Some(14_000)));
        assert_eq!((ticks("77 (a) S 1"), kibibytes("", "VmRSS:")), (None, None));
    }

    #[test]
    fn this_process_takes_something() {
        let usage = Usage::of(std::process::id()).unwrap();
        assert!(usage.resident > 100_000 && usage.peak >= usage.resident && usage.descriptors >= 3, "{usage:?}");
    }
}
