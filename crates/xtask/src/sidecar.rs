//! `cargo xtask sidecar`: the figures of lp beside a program whose log it follows.

mod backlog;
mod figures;
mod latency;
mod load;
mod lp;
mod metrics;
mod usage;
mod writer;

use std::env;
use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Measure `lp run` as a sidecar; fails if a figure is beyond its limit
#[derive(Subcommand)]
pub(crate) enum Sidecar {
    Load(load::Arguments),
    Latency(latency::Arguments),
    Backlog(backlog::Arguments),
}

/// What is measured, and where.
#[derive(Args)]
struct Setting {
    /// The program
    #[arg(long, value_name = "FILE", default_value = "target/release/lp")]
    lp: PathBuf,

    /// Where the logs and the outputs go, in a folder of their own that is removed afterwards
    #[arg(long, value_name = "FOLDER", default_value_os_t = env::temp_dir())]
    folder: PathBuf,
}

/// The name of the followed log in its folder.
const LOG: &str = "access.log";

pub(crate) fn run(sidecar: &Sidecar) -> anyhow::Result<()> {
    match sidecar {
        Sidecar::Load(arguments) => load::run(arguments),
        Sidecar::Latency(arguments) => latency::run(arguments),
        Sidecar::Backlog(arguments) => backlog::run(arguments),
    }
}
