//! Checks of what stages are made with, before anything is read.

use std::fmt;
use std::time::Duration;

/// Why a stage cannot be as it was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SettingError {
    /// The name of the setting, as the stage's settings have it.
    pub setting: &'static str,
    /// What it has to be.
    pub wanted: &'static str,
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` must be {}", self.setting, self.wanted)
    }
}

impl std::error::Error for SettingError {}

/// The longest that records may be late: an hour.
pub(super) const MAX_LATENESS: Duration = Duration::from_secs(3600);

/// How late records may be unless something else is asked for.
///
/// Servers write a line when a request is over, several processes write one log, and a clock goes on while lines are on
/// their way: neighbours are seconds out of order, rarely more.
pub const DEFAULT_LATENESS: Duration = Duration::from_secs(5);

/// `Ok` if `holds`.
pub(super) const fn check(holds: bool, setting: &'static str, wanted: &'static str) -> Result<(), SettingError> {
    if holds { Ok(()) } else { Err(SettingError { setting, wanted }) }
}

/// Whole seconds, at least `least` of them and at most `most`.
pub(super) fn seconds(
    duration: Duration,
    least: u64,
    most: Duration,
    setting: &'static str,
    wanted: &'static str,
) -> Result<i64, SettingError> {
    let whole = duration.subsec_nanos() == 0 && duration.as_secs() >= least && duration <= most;
    let error = SettingError { setting, wanted };
    if whole { i64::try_from(duration.as_secs()).map_err(|_| error) } else { Err(error) }
}

/// How late records may be, in seconds.
pub(super) fn lateness(duration: Duration) -> Result<i64, SettingError> {
    seconds(duration, 0, MAX_LATENESS, "lateness", "whole seconds, at most an hour")
}
